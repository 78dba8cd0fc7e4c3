import { z } from 'zod';
import { bytesOf, startsWith } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({});
const WORD = 'postern echo ';

/** Echo (RFC 862): what comes back is what was sent. */
export const echo = defineDatagram({
  name: 'echo',
  title: 'Echo',
  ports: [7],
  questions: [
    {
      name: 'echo',
      payload: (token) => bytesOf(WORD + token),
      answers: (payload, token) => startsWith(payload, WORD + token),
    },
  ],
  details,
  read: (payload) => (startsWith(payload, WORD) ? { details: {} } : null),
});
