import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { ask, headText, linesOf } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** A pair of ports that no connection of ours has: the answer is an error, and tells nothing. */
const QUESTION = '1, 1';

const details = z.object({
  answer: z
    .string()
    .describe('Its answer about a connection that does not exist: NO-USER, HIDDEN-USER…'),
});

const ANSWER =
  /^\s{0,4}1\s{0,4},\s{0,4}1\s{0,4}:\s{0,4}(?:ERROR\s{0,4}:\s{0,4}([A-Z-]{1,40})|USERID\b)/;

/** The error token, or USERID, of an answer (RFC 1413 §4); null when it is another thing. */
export function readIdentAnswer(bytes: Uint8Array): string | null {
  const match = ANSWER.exec(linesOf(bytes.subarray(0, 512))[0] ?? '');
  return match === null ? null : (match[1] ?? 'USERID');
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await ask(talk, QUESTION, lineFrame);
  const answer = bytes === null ? null : readIdentAnswer(bytes);
  return answer === null ? null : { details: { answer } };
}

/** The identification protocol: RFC 1413. We ask about a connection that does not exist. */
export const ident = defineProtocol({
  name: 'ident',
  title: 'Ident',
  transport: 'tcp',
  over: 'tcp',
  ports: [113],
  manners: 'ask',
  details,
  recognises: (bytes) => ANSWER.test(headText(bytes)),
  identify,
});
