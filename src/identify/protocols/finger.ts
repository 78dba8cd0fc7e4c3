import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { latin1Text } from '../bytes.ts';
import { clip } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAX_ANSWER = 16 * 1024;
const USERS = /^\s{0,8}Login\s{1,20}(?:Name|User)\b/im;
const NOBODY = /^No one (?:is )?logged (?:on|in)/im;

const details = z.object({
  usersShown: z.boolean().describe('It lists who is logged in to anybody who asks'),
  answer: z.string().describe('First characters of the answer'),
});

/** Whether a list of users or its absence is said (RFC 1288 §2.5.1); null when it is neither. */
export function readFingerAnswer(bytes: Uint8Array): boolean | null {
  const text = latin1Text(bytes.subarray(0, MAX_ANSWER));
  if (USERS.test(text)) return true;
  return NOBODY.test(text) ? false : null;
}

/** The answer ends with the connection. */
async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send('\r\n');
  const { bytes, end } = await talk.receive((buffered) =>
    buffered.length > MAX_ANSWER ? buffered.length : null,
  );
  const usersShown = end === 'closed' || end === 'complete' ? readFingerAnswer(bytes) : null;
  if (usersShown === null) return null;
  return { details: { usersShown, answer: clip(latin1Text(bytes).slice(0, 200).trim()) } };
}

/** Finger: RFC 1288. We send an empty line, which asks who is logged in. */
export const finger = defineProtocol({
  name: 'finger',
  title: 'Finger',
  transport: 'tcp',
  over: 'tcp',
  ports: [79],
  manners: 'ask',
  details,
  recognises: (bytes) => readFingerAnswer(bytes) !== null,
  identify,
});
