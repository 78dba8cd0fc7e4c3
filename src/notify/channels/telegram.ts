import { z } from 'zod';
import { clip } from '../../report/text.ts';
import type { Channel } from '../channel.ts';
import { secret, webUrl } from '../fields.ts';
import { linkOf, renderText } from '../message.ts';

const settings = z.strictObject({
  token: secret('Token of the bot, from @BotFather.'),
  chat: z
    .string()
    .regex(/^(-?\d{1,20}|@\w{1,64})$/, 'this is no chat number or @channel')
    .describe('Number of the chat, in quotation marks, or @channel.'),
  url: webUrl('Address of the Bot API.').default('https://api.telegram.org'),
});

/** https://core.telegram.org/bots/api#sendmessage */
const MAX_TEXT = 4096;
/** A mention in every other place adds half as much again. */
const MAX_TOLD = 2000;
const MAX_LINK = MAX_TEXT - 1.5 * MAX_TOLD - 1;
const MENTION = /@(?=\w)/g;
/** Word joiner: between sign and name it keeps Telegram from calling somebody. */
const APART = '$&\u2060';

export const telegram: Channel<typeof settings> = {
  name: 'telegram',
  title: 'Telegram',
  settings,
  async send(message, { token, chat, url }, world) {
    const link = linkOf(message);
    const told = clip(renderText({ ...message, link: null }).trimEnd(), MAX_TOLD);
    const text = `${told.replace(MENTION, APART)}${link === null ? '' : `\n${clip(link, MAX_LINK)}`}`;
    // no parse_mode: the text is text
    const body = JSON.stringify({
      chat_id: chat,
      text,
      disable_notification: message.kind === 'digest' || message.kind === 'resolved',
      link_preview_options: { is_disabled: true },
    });
    const path = `/bot${encodeURIComponent(token).replace('%3A', ':')}/sendMessage`;
    await world.fetch({
      url: `${url.replace(/\/$/, '')}${path}`,
      body,
      contentType: 'application/json',
    });
  },
};
