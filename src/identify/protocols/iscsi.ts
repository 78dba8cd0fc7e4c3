import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('AuthMethod chosen for a discovery session: CHAP (true) or None (false)'),
  authMethod: z.string().optional().describe('AuthMethod of the login response'),
  statusClass: z.number().describe('0 success, 1 redirection, 2 initiator error, 3 target error'),
  statusDetail: z.number().describe('Detail of the status class (RFC 7143 §11.13.5)'),
  portalGroupTag: z.string().optional().describe('TargetPortalGroupTag'),
});

/** Base header of 48 bytes; the data segment's length in 24 bits, padded to 4 (RFC 7143 §11.2). */
function pduFrame(buffered: Uint8Array): number | null {
  if (buffered.length < 48) return null;
  const [, , , , , high = 0, middle = 0, low = 0] = buffered;
  const length = (high << 16) | (middle << 8) | low;
  const whole = 48 + length + ((4 - (length % 4)) % 4);
  if (length > 64 * 1024 || buffered[0] !== LOGIN_RESPONSE) return buffered.length;
  return buffered.length >= whole ? whole : null;
}

const LOGIN_RESPONSE = 0x23;
const KEYS = [
  'InitiatorName=iqn.2001-04.invalid.postern:scan',
  'SessionType=Discovery',
  'AuthMethod=CHAP,None',
  '',
].join('\0');

/**
 * The first Login Request (RFC 7143 §11.12) of a discovery session: it opens the negotiation of how
 * to authenticate. Full feature phase is not entered and no target is named.
 */
export function loginRequest(): Uint8Array {
  const data = bytesOf(KEYS);
  const padding = new Uint8Array((4 - (data.length % 4)) % 4);
  const head = concatBytes(
    hexBytes('43 81 00 00 00 0000'),
    Uint8Array.of(data.length),
    hexBytes('800000000001 0000 00000001 0001 0000 00000001 00000000'),
    new Uint8Array(16),
  );
  return concatBytes(head, data, padding);
}

/** Reads a Login Response (RFC 7143 §11.13); null when it is none. */
export function readLoginResponse(bytes: Uint8Array): z.infer<typeof details> | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== LOGIN_RESPONSE) return null;
  reader.skip(4);
  const length = ((reader.u8() ?? 0) << 16) | (reader.u16() ?? 0);
  reader.offset = 16;
  const ourTag = reader.u32() === 1;
  reader.offset = 36;
  const [statusClass, statusDetail] = [reader.u8(), reader.u8()];
  const text = new ByteReader(bytes, 48).take(length);
  if (!ourTag || !text || statusClass === undefined || statusDetail === undefined) return null;
  const keys = new Map(utf8Text(text).split('\0').slice(0, 64).map(keyValue));
  const authMethod = keys.get('AuthMethod');
  return present({
    authRequired: authMethod === undefined ? undefined : authMethod !== 'None',
    authMethod,
    statusClass,
    statusDetail,
    portalGroupTag: keys.get('TargetPortalGroupTag'),
  });
}

function keyValue(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, Math.max(0, at)), clip(text.slice(at + 1))];
}

export const iscsi = defineProtocol({
  name: 'iscsi',
  title: 'iSCSI',
  transport: 'tcp',
  over: 'tcp',
  ports: [3260, 860],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(loginRequest());
    const bytes = await receiveWhole(talk, pduFrame);
    const response = bytes && readLoginResponse(bytes);
    return response && { details: response };
  },
});
