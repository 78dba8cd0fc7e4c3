import { z } from 'zod';
import type { Severity } from '../../model/verdict.ts';
import { prose } from '../../report/formats/markdown.ts';
import { clip } from '../../report/text.ts';
import type { Channel } from '../channel.ts';
import { secretUrl } from '../fields.ts';
import { linkOf, renderMarkdown, subjectOf } from '../message.ts';

const settings = z.strictObject({
  url: secretUrl('URL of a webhook (https://discord.com/api/webhooks/…).'),
});

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 4096;

const COLOURS: Readonly<Record<Severity, number>> = {
  critical: 0xb91c1c,
  high: 0xea580c,
  medium: 0xca8a04,
  low: 0x2563eb,
  info: 0x6b7280,
};

/** Discord refuses a message whose link has a host of one label, as `localhost`, or an IPv6 address. */
function isTaken(link: string): boolean {
  return new URL(link).hostname.includes('.');
}

export const discord: Channel<typeof settings> = {
  name: 'discord',
  title: 'Discord',
  settings,
  async send(message, { url }, world) {
    const link = linkOf(message);
    const embed = {
      title: clip(prose(subjectOf(message)), MAX_TITLE),
      description: clip(renderMarkdown(message), MAX_DESCRIPTION),
      color: COLOURS[message.severity],
      timestamp: world.now().toISOString(),
      // it stands in the description too
      ...(link !== null && isTaken(link) ? { url: link } : {}),
    };
    // without a mention allowed, nobody is called whatever the text says
    const body = JSON.stringify({ embeds: [embed], allowed_mentions: { parse: [] } });
    await world.fetch({ url, body, contentType: 'application/json' });
  },
};
