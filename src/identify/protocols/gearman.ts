import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, latin1Text, lineFrame } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { ask, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const ECHO = { request: 16, response: 17 } as const;
const HEADER = 12;
const PAYLOAD = 'postern';

const details = z.object({
  authRequired: z.boolean().describe('Always false: the protocol knows no login'),
});

const packetFrame: Framing = (buffered) => {
  if (buffered[0] !== 0) return buffered.length;
  if (buffered.length < HEADER) return null;
  const length = HEADER + (new ByteReader(buffered, 8).u32() ?? 0);
  if (length > HEADER + PAYLOAD.length) return buffered.length;
  return buffered.length >= length ? length : null;
};

/** Whether the bytes are the answer to our ECHO_REQ (gearman.org, protocol). */
export function readGearmanEcho(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes);
  const magic = latin1Text(reader.take(4) ?? new Uint8Array(0));
  if (magic !== '\0RES' || reader.u32() !== ECHO.response) return false;
  return latin1Text(reader.take(reader.u32() ?? -1) ?? new Uint8Array(0)) === PAYLOAD;
}

/** The number in an answer to the administrative `version`, with or without `OK`. */
export function readGearmanVersion(bytes: Uint8Array): string | null {
  return (
    /^(?:OK )?(\d[\w.]{0,40})\S{0,40}\r?\n$/.exec(latin1Text(bytes.subarray(0, 64)))?.[1] ?? null
  );
}

/** A connection that has spoken binary takes no administrative words. */
async function versionOf(talk: Conversation): Promise<string | null> {
  const admin = await talk.fresh();
  const answer = admin === null ? null : await ask(admin, 'version', lineFrame);
  return answer === null ? null : readGearmanVersion(answer);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const payload = bytesOf(PAYLOAD);
  const head = Uint8Array.of(0, ...bytesOf('REQ'), 0, 0, 0, ECHO.request, 0, 0, 0, payload.length);
  talk.send(concatBytes(head, payload));
  const bytes = await receiveWhole(talk, packetFrame);
  if (bytes === null || !readGearmanEcho(bytes)) return null;
  const version = await versionOf(talk);
  return {
    product: 'Gearman',
    ...(version === null ? {} : { version }),
    cpe: cpe23('gearman', 'gearman', version ?? undefined),
    details: { authRequired: false },
  };
}

/** The Gearman job server. We have it echo a word and ask for its version. */
export const gearman = defineProtocol({
  name: 'gearman',
  title: 'Gearman',
  transport: 'tcp',
  over: 'tcp',
  ports: [4730],
  manners: 'ask',
  details,
  recognises: (bytes) => latin1Text(bytes.subarray(0, 32)).startsWith('ERR UNKNOWN_COMMAND '),
  identify,
});
