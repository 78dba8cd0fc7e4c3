import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { latin1Text, utf8Text } from '../bytes.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** A path that nobody has: what matters is how the daemon refuses it. */
const NOWHERE = '/postern-looks-for-nothing';

const details = z.object({
  error: z.string().describe('How the daemon refused a repository that does not exist'),
});

/** Length of a pkt-line (gitprotocol-common(5)) with its four hex digits; null when it is none. */
function pktLength(bytes: Uint8Array): number | null {
  const digits = latin1Text(bytes.subarray(0, 4));
  const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : 0;
  return length > 4 ? length : null;
}

const pktFrame: Framing = (buffered) => {
  if (buffered.length < 4) return null;
  const length = pktLength(buffered);
  if (length === null) return buffered.length;
  return buffered.length >= length ? length : null;
};

/** Text of an `ERR` pkt-line; null when the bytes are another thing. */
export function readGitError(bytes: Uint8Array): string | null {
  const length = pktLength(bytes);
  if (length === null || bytes.length < length) return null;
  const text = utf8Text(bytes.subarray(4, length));
  return text.startsWith('ERR ') ? clip(text.slice(4).trim()) : null;
}

function pktLine(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const host = talk.serverName ?? talk.authority;
  talk.send(pktLine(`git-upload-pack ${NOWHERE}\0host=${host}\0`));
  const bytes = await receiveWhole(talk, pktFrame);
  const error = bytes === null ? null : readGitError(bytes);
  return error === null ? null : { product: 'git daemon', details: { error } };
}

/**
 * The git daemon (gitprotocol-pack(5)), which speaks only when asked. We ask to fetch a repository
 * that does not exist. It tells no version; a daemon of another make answers the same.
 */
export const git = defineProtocol({
  name: 'git',
  title: 'Git',
  transport: 'tcp',
  over: 'tcp',
  ports: [9418],
  manners: 'ask',
  details,
  recognises: (bytes) => /^[0-9a-f]{4}ERR /i.test(headText(bytes)),
  identify,
});
