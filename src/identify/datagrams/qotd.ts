import { z } from 'zod';
import { bytesOf, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({ text: z.string().describe('The quotation') });
/** A quotation has at most this many characters (RFC 865). */
const MAX_TEXT = 512;

/** Quote of the day (RFC 865): any datagram is answered by a text. */
export const qotd = defineDatagram({
  name: 'qotd',
  title: 'Quote of the day',
  ports: [17],
  questions: [{ name: 'qotd', payload: () => bytesOf('\n') }],
  details,
  read(payload, { question }) {
    const text = latin1Text(payload);
    const readable = payload.length > 0 && /^[\t\r\n\x20-\x7e]+$/.test(text);
    if (question !== 'qotd' || !readable || payload.length > MAX_TEXT) return null;
    return { details: { text: text.trim() } };
  },
});
