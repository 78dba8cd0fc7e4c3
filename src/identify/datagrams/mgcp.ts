import { z } from 'zod';
import { CLIENT_NAME } from '../../model/agent.ts';
import { bytesOf } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip, headText } from '../dialogue.ts';

const details = z.object({
  code: z.number().describe('Return code (RFC 3435 §2.4): 200 OK, 500 unknown endpoint'),
  comment: z.string().optional().describe('What it says beside'),
});

/** Transaction numbers have up to nine digits, the first not zero (RFC 3435 §3.2.1.2). */
const idOf = (token: number): number => 100_000_000 + (token % 900_000_000);

/** Media Gateway Control Protocol: AuditEndpoint of an endpoint that cannot exist, which changes nothing. */
export const mgcp = defineDatagram({
  name: 'mgcp',
  title: 'MGCP',
  ports: [2427, 2727],
  questions: [
    {
      name: 'mgcp',
      payload: (token) => bytesOf(`AUEP ${idOf(token)} *@${CLIENT_NAME}.invalid MGCP 1.0\r\n`),
      answers: (payload, token) =>
        headText(payload).split(' ', 2)[1]?.trim() === String(idOf(token)),
    },
  ],
  details,
  read(payload, { question }) {
    const match = /^(\d{3}) \d{9}(?: ([^\r\n]{0,256}))?\r?\n/.exec(headText(payload));
    if (match === null || question !== 'mgcp') return null;
    const comment = match[2];
    return {
      details: {
        code: Number(match[1]),
        ...(comment === undefined ? {} : { comment: clip(comment) }),
      },
    };
  },
});
