import { z } from 'zod';
import type { Severity } from '../../model/verdict.ts';
import { clip } from '../../report/text.ts';
import type { Channel } from '../channel.ts';
import { secret, webUrl } from '../fields.ts';
import { linkOf, renderText, subjectOf } from '../message.ts';

const settings = z.strictObject({
  topic: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a topic has up to 64 letters, digits, - and _')
    .describe('Topic that the readers have subscribed to.'),
  token: secret('Access token, for a topic that needs one.').exactOptional(),
  url: webUrl('Address of the server.').default('https://ntfy.sh'),
});

/** https://docs.ntfy.sh/publish/#message-priority */
const PRIORITIES: Readonly<Record<Severity, number>> = {
  critical: 5,
  high: 4,
  medium: 3,
  low: 2,
  info: 1,
};
/** More than 4,096 bytes arrive as a file; a character has up to four in UTF-8. */
const MAX_TEXT = 1000;

export const ntfy: Channel<typeof settings> = {
  name: 'ntfy',
  title: 'ntfy',
  settings,
  async send(message, { topic, token, url }, world) {
    const link = linkOf(message);
    const body = JSON.stringify({
      topic,
      title: subjectOf(message),
      message: clip(renderText(message), MAX_TEXT),
      priority: message.kind === 'resolved' ? 2 : PRIORITIES[message.severity],
      ...(link === null ? {} : { click: link }),
    });
    await world.fetch({
      url,
      body,
      contentType: 'application/json',
      ...(token === undefined ? {} : { secretHeaders: { authorization: `Bearer ${token}` } }),
    });
  },
};
