import { z } from 'zod';
import type { Channel } from '../channel.ts';
import { secretUrl } from '../fields.ts';
import { type Alert, entriesOf, linkOf, rowsOf, subjectOf } from '../message.ts';

const settings = z.strictObject({
  url: secretUrl('URL of the workflow "When a Teams webhook request is received".'),
});

/** Text runs are no Markdown, unlike TextBlock: https://adaptivecards.io/explorer/TextRun.html */
function paragraph(...inlines: readonly { text: string; weight?: 'Bolder'; size?: 'Medium' }[]) {
  return {
    type: 'RichTextBlock',
    inlines: inlines.map((inline) => ({ type: 'TextRun', ...inline })),
  };
}

function cardOf(message: Alert) {
  const link = linkOf(message);
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      paragraph({ text: subjectOf(message), weight: 'Bolder', size: 'Medium' }),
      ...rowsOf(message).map(([label, text]) =>
        paragraph({ text: `${label}: `, weight: 'Bolder' }, { text }),
      ),
      ...entriesOf(message).map((line) => paragraph({ text: line })),
    ],
    ...(link === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
  };
}

export const teams: Channel<typeof settings> = {
  name: 'teams',
  title: 'Microsoft Teams',
  settings,
  async send(message, { url }, world) {
    const attachment = {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: cardOf(message),
    };
    const body = JSON.stringify({ type: 'message', attachments: [attachment] });
    await world.fetch({ url, body, contentType: 'application/json' });
  },
};
