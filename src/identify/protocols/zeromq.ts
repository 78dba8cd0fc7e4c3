import { z } from 'zod';
import { concatBytes, latin1Text } from '../bytes.ts';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z.boolean().optional().describe('False: mechanism NULL, which asks for nothing'),
  clearTextLogin: z.boolean().optional().describe('Mechanism PLAIN without TLS'),
  protocolVersion: z.string().optional().describe('ZMTP version'),
  mechanism: z.string().optional().describe('NULL, PLAIN, CURVE or GSSAPI'),
});

/** ZMTP 3.0 (RFC 23/ZMTP): signature of 10 bytes; version, mechanism, role, filler: 64 in all. */
const SIGNATURE = hexBytes('ff 0000000000000001 7f');
const SIGNATURE_LENGTH = 10;
const GREETING_LENGTH = 64;
/**
 * Signature and version 3.0: upon this the peer sends the rest of its greeting. Our mechanism is kept
 * back, since a peer that has another one hangs up without naming it.
 */
const GREETING = concatBytes(SIGNATURE, hexBytes('0300'));

export interface ZmtpGreeting {
  readonly protocolVersion: string;
  readonly mechanism: string;
}

/** Whether bytes begin with a ZMTP signature. */
export function readZmtpSignature(bytes: Uint8Array): boolean {
  const length = bytes.subarray(1, 9);
  const small = length.subarray(0, 7).every((byte) => byte === 0);
  return bytes.length >= SIGNATURE_LENGTH && bytes[0] === 0xff && small && bytes[9] === 0x7f;
}

/** Reads a whole greeting (64 bytes); null when it is none or of ZMTP 2 and before. */
export function readZmtpGreeting(bytes: Uint8Array): ZmtpGreeting | null {
  const [major = 0, minor = 0] = bytes.subarray(SIGNATURE_LENGTH);
  if (!readZmtpSignature(bytes) || bytes.length < GREETING_LENGTH || major < 3) return null;
  const mechanism = latin1Text(bytes.subarray(12, 32)).split('\0')[0] ?? '';
  return /^[\w-]{1,20}$/.test(mechanism)
    ? { protocolVersion: `${major}.${minor}`, mechanism }
    : null;
}

/** Answers the greeting as far as it takes to hear the mechanism; no handshake follows. */
export const zeromq = defineProtocol({
  name: 'zeromq',
  title: 'ZeroMQ (ZMTP)',
  transport: 'tcp',
  over: 'tcp',
  ports: [4505, 4506, 5555],
  manners: 'listen',
  details,

  recognises: readZmtpSignature,

  async identify(talk) {
    const first = await receiveWhole(talk, (buffered) =>
      buffered.length < SIGNATURE_LENGTH ? null : SIGNATURE_LENGTH,
    );
    if (!first || !readZmtpSignature(first)) return null;
    talk.send(GREETING);
    const rest = await receiveWhole(talk, (buffered) => {
      const wanted = GREETING_LENGTH - SIGNATURE_LENGTH;
      return buffered.length < wanted ? null : wanted;
    });
    const greeting = rest && readZmtpGreeting(concatBytes(first, rest));
    if (!greeting) return { details: {} };
    const { mechanism } = greeting;
    return {
      details: present({
        ...greeting,
        authRequired: mechanism !== 'NULL',
        clearTextLogin: talk.tls === undefined ? mechanism === 'PLAIN' : undefined,
      }),
    };
  },
});
