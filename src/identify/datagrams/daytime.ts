import { z } from 'zod';
import { bytesOf, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({ text: z.string().describe('The date and time it gave') });
/** A time of day and a year, in whatever order: the RFC leaves the form open. */
const DATE = /\b\d{1,2}:\d{2}(?::\d{2})?\b/;
const MAX_TEXT = 128;

/** Daytime (RFC 867): any datagram is answered by the date as text. */
export const daytime = defineDatagram({
  name: 'daytime',
  title: 'Daytime',
  ports: [13],
  questions: [{ name: 'daytime', payload: () => bytesOf('\n') }],
  details,
  read(payload, { question }) {
    const text = latin1Text(payload).trim();
    const fits = payload.length <= MAX_TEXT && DATE.test(text) && /\b(?:19|20)?\d\d\b/.test(text);
    return fits && question === 'daytime' ? { details: { text } } : null;
  },
});
