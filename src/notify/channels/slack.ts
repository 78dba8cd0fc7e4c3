import { z } from 'zod';
import { clip } from '../../report/text.ts';
import type { Channel } from '../channel.ts';
import { secretUrl } from '../fields.ts';
import { type Alert, entriesOf, linkOf, rowsOf, subjectOf } from '../message.ts';

const settings = z.strictObject({
  url: secretUrl('URL of an incoming webhook (https://hooks.slack.com/services/…).'),
});

/** Slack's own limits: https://docs.slack.dev/reference/block-kit/blocks */
const MAX_HEADER = 150;
const MAX_SECTION = 3000;

/** The three characters that open everything Slack acts on, mentions among them. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `plain_text` is shown as it is: no markup, no mention, no link. */
function plain(text: string, max: number) {
  return { type: 'plain_text', text: clip(text, max), emoji: false };
}

function blocksOf(message: Alert) {
  const rows = rowsOf(message).map(([label, text]) => `${label}: ${text}`);
  const lines = [...rows, ...entriesOf(message)];
  const link = linkOf(message);
  return [
    { type: 'header', text: plain(subjectOf(message), MAX_HEADER) },
    ...lines.map((line) => ({ type: 'section', text: plain(line, MAX_SECTION) })),
    ...(link === null
      ? []
      : [
          {
            type: 'actions',
            elements: [{ type: 'button', text: plain('Open', MAX_HEADER), url: link }],
          },
        ]),
  ];
}

export const slack: Channel<typeof settings> = {
  name: 'slack',
  title: 'Slack',
  settings,
  async send(message, { url }, world) {
    const body = JSON.stringify({
      text: escaped(subjectOf(message)),
      mrkdwn: false,
      link_names: false,
      unfurl_links: false,
      blocks: blocksOf(message),
    });
    await world.fetch({ url, body, contentType: 'application/json' });
  },
};
