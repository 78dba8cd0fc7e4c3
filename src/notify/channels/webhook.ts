import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Channel } from '../channel.ts';
import { secret, webUrl } from '../fields.ts';
import { type Alert, entriesOf, linkOf, placeOf, renderText, subjectOf } from '../message.ts';

const settings = z.strictObject({
  url: webUrl('Where the message is POSTed as JSON.'),
  secret: secret('Key of the signature, known to the receiver.'),
});

/** HMAC-SHA256 over `timestamp.body` in hexadecimal; the timestamp in seconds since 1970. */
function signature(key: string, timestamp: number, body: string): string {
  return createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
}

/** The body that docs/alerts.md describes. Fields are added within a version, never taken away. */
function bodyOf(message: Alert): string {
  const rendered = { subject: subjectOf(message), place: placeOf(message) };
  const lines = entriesOf(message);
  return JSON.stringify({
    schema: 'postern.alert-1',
    ...message,
    link: linkOf(message),
    ...rendered,
    ...(lines.length === 0 ? {} : { lines }),
    text: renderText(message),
  });
}

export const webhook: Channel<typeof settings> = {
  name: 'webhook',
  title: 'Signed webhook',
  settings,
  async send(message, { url, secret: key }, world) {
    const body = bodyOf(message);
    const timestamp = Math.floor(world.now().getTime() / 1000);
    const headers = {
      'x-postern-signature': `t=${timestamp},v1=${signature(key, timestamp, body)}`,
    };
    await world.fetch({ url, body, contentType: 'application/json', headers });
  },
};
