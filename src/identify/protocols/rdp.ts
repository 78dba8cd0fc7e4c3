import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ber, berFrame } from '../ber.ts';
import { ByteReader, bytesOf, concatBytes } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be, u32le } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { NTLM_NEGOTIATE, type NtlmDetails, ntlmDetails, readNtlmChallenge } from '../ntlm.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = ntlmDetails.extend({
  nla: z
    .boolean()
    .optional()
    .describe('Network level authentication: the login comes before a session is created'),
  nlaRequired: z
    .boolean()
    .optional()
    .describe('It refuses clients without network level authentication'),
  startTls: z.boolean().optional().describe('TLS is available (security protocol TLS or CredSSP)'),
  securityProtocol: z
    .enum(['standard', 'tls', 'credssp', 'rdstls', 'credssp-ex', 'aad'])
    .optional()
    .describe('Selected among those we offered: TLS, CredSSP, CredSSP with early authorization'),
  restrictedAdmin: z.boolean().optional().describe('Restricted admin mode is supported'),
  failure: z.number().optional().describe('failureCode of RDP_NEG_FAILURE'),
});
type Details = z.infer<typeof details>;

const PROTOCOLS: Readonly<Record<number, Details['securityProtocol']>> = {
  0: 'standard',
  1: 'tls',
  2: 'credssp',
  4: 'rdstls',
  8: 'credssp-ex',
  16: 'aad',
};
const TLS = 1;
const CREDSSP = 2;
/** HYBRID_REQUIRED_BY_SERVER. */
const NLA_REQUIRED = 5;
const NEGOTIATION_RESPONSE = 2;
const NEGOTIATION_FAILURE = 3;
const RESTRICTED_ADMIN = 0x08;

/** TPKT (RFC 1006 §6): version 3, reserved, length of the whole. */
const tpktFrame = lengthFrame({ at: 2, size: 2, extra: 0 });
/** Connection Request (MS-RDPBCGR §2.2.1.1) with cookie `postern` and the protocols we could speak. */
export function connectionRequest(protocols: number): Uint8Array {
  const cookie = bytesOf('Cookie: mstshash=postern\r\n');
  const wanted = concatBytes(hexBytes('01 00 0800'), u32le(protocols));
  const x224 = concatBytes(hexBytes('e0 0000 0000 00'), cookie, wanted);
  return concatBytes(hexBytes('0300'), u16be(x224.length + 5), Uint8Array.of(x224.length), x224);
}

export interface RdpConfirm {
  /** Bits of the selected protocol; absent with a server that does not negotiate. */
  readonly selected?: number;
  readonly flags?: number;
  readonly failure?: number;
}

/** Reads a Connection Confirm (MS-RDPBCGR §2.2.1.2); null when it is none. */
export function readConnectionConfirm(bytes: Uint8Array): RdpConfirm | null {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== 0x0300 || (reader.u16() ?? 0) > bytes.length) return null;
  const rest = reader.u8();
  if (((reader.u8() ?? 0) & 0xf0) !== 0xd0 || reader.offset + (rest ?? 0) - 1 > bytes.length)
    return null;
  reader.skip(5);
  if (reader.short) return null;
  const type = reader.u8();
  const flags = reader.u8();
  const size = reader.u16(true);
  const value = reader.u32(true);
  if (value === undefined || size !== 8) return {};
  if (type === NEGOTIATION_RESPONSE) return present({ selected: value, flags });
  return type === NEGOTIATION_FAILURE ? { failure: value } : {};
}

async function negotiate(talk: Conversation, protocols: number): Promise<RdpConfirm | null> {
  talk.send(connectionRequest(protocols));
  const bytes = await receiveWhole(talk, tpktFrame);
  return bytes && readConnectionConfirm(bytes);
}

/** TSRequest version 6 (MS-CSSP §2.2.1) with the first NTLM message, which names nobody. */
function credSspRequest(): Uint8Array {
  const token = ber(0xa0, ber(0x04, NTLM_NEGOTIATE));
  const tokens = ber(0xa1, ber(0x30, ber(0x30, token)));
  return ber(0x30, hexBytes('a003020106'), tokens);
}

async function askNames(talk: Conversation): Promise<NtlmDetails> {
  talk.send(credSspRequest());
  const bytes = await receiveWhole(talk, berFrame);
  return (bytes && readNtlmChallenge(bytes)) ?? {};
}

/** Whether a client that can only do TLS would be sent away: asked on a connection of its own. */
async function isNlaRequired(talk: Conversation | null): Promise<boolean | undefined> {
  const confirm = talk && (await negotiate(talk, TLS));
  if (!confirm) return undefined;
  return confirm.failure === NLA_REQUIRED;
}

function productOf({ osVersion }: NtlmDetails) {
  if (osVersion === undefined) return {};
  const cpe = cpe23('microsoft', 'windows', undefined, 'o');
  return { product: 'Microsoft Windows', version: osVersion, cpe };
}

/**
 * Negotiates the security protocol, enters TLS for the certificate and, with CredSSP, begins NTLM
 * with its first message: the server's challenge tells its names and build. No user is named beyond
 * the routing cookie `postern`, and no session is created.
 */
export const rdp = defineProtocol({
  name: 'rdp',
  title: 'Remote Desktop (RDP)',
  transport: 'tcp',
  over: 'tcp',
  ports: [3389, 3388],
  manners: 'ask',
  details,

  // A server that gets anything else than a Connection Request keeps silent or hangs up.
  recognises: (bytes) => readConnectionConfirm(bytes)?.selected !== undefined,

  async identify(talk) {
    const confirm = await negotiate(talk, TLS | CREDSSP);
    if (!confirm || isPlainCotp(confirm, talk.port)) return null;
    const { selected = 0, flags = 0, failure } = confirm;
    const layer = selected === 0 ? null : await talk.startTls();
    const nla = failure === undefined ? (selected & CREDSSP) !== 0 : undefined;
    const names = layer && nla ? await askNames(talk) : {};
    const found: Details = present({
      ...names,
      nla,
      nlaRequired: nla ? await isNlaRequired(await talk.fresh()) : undefined,
      startTls: failure === undefined ? selected !== 0 : undefined,
      securityProtocol: failure === undefined ? PROTOCOLS[selected] : undefined,
      restrictedAdmin: confirm.flags === undefined ? undefined : (flags & RESTRICTED_ADMIN) !== 0,
      failure,
    });
    return { ...productOf(names), details: found, ...(layer && { startTls: layer }) };
  },
});

/** A confirm without negotiation is also what S7 and other ISO-on-TCP services say; XP's RDP too. */
function isPlainCotp({ selected, failure }: RdpConfirm, port: number): boolean {
  return selected === undefined && failure === undefined && !rdp.ports.includes(port);
}
