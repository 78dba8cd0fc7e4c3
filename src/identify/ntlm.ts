import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes } from './bytes.ts';
import { clip } from './dialogue.ts';
import { hexBytes } from './encode.ts';
import { present } from './present.ts';

/** What an NTLM CHALLENGE_MESSAGE tells about the host that sent it. */
export const ntlmDetails = z.object({
  computerName: z.string().optional().describe('NetBIOS name of the host (MsvAvNbComputerName)'),
  domainName: z.string().optional().describe('NetBIOS name of its domain or workgroup'),
  dnsComputerName: z.string().optional().describe('DNS name of the host'),
  dnsDomainName: z.string().optional().describe('DNS name of its domain'),
  dnsTreeName: z.string().optional().describe('DNS name of the forest'),
  osVersion: z
    .string()
    .optional()
    .describe('Windows version the host claims, major.minor.build; absent where the build is 0'),
});
export type NtlmDetails = z.infer<typeof ntlmDetails>;

const SIGNATURE = bytesOf('NTLMSSP\0');
/**
 * NEGOTIATE_MESSAGE (MS-NLMP §2.2.1.1): flags UNICODE, REQUEST_TARGET, SIGN, NTLM, ALWAYS_SIGN,
 * EXTENDED_SESSIONSECURITY, VERSION, 128, KEY_EXCH; no domain, no workstation. It carries no user and
 * no credential: the authentication begins with the third message, which is never sent, so there is
 * nothing that could fail, be counted or lock an account.
 */
export const NTLM_NEGOTIATE = concatBytes(
  SIGNATURE,
  hexBytes('01000000 15820862 0000000000000000 0000000000000000 0a0000000000000f'),
);

const AV_NAMES: Readonly<Record<number, Exclude<keyof NtlmDetails, 'osVersion'>>> = {
  1: 'computerName',
  2: 'domainName',
  3: 'dnsComputerName',
  4: 'dnsDomainName',
  5: 'dnsTreeName',
};
/** Types known are 0 to 10; a list is not longer. */
const MAX_PAIRS = 16;

function utf16Text(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le').decode(bytes);
}

function findChallenge(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x4e); at >= 0; at = bytes.indexOf(0x4e, at + 1)) {
    if (SIGNATURE.every((byte, index) => bytes[at + index] === byte)) {
      if (bytes[at + 8] === 2) return at;
    }
  }
  return -1;
}

function readTargetInfo(info: Uint8Array): NtlmDetails {
  const reader = new ByteReader(info);
  const found: NtlmDetails = {};
  for (let count = 0; count < MAX_PAIRS; count += 1) {
    const id = reader.u16(true);
    const value = reader.take(reader.u16(true) ?? 0);
    if (id === undefined || id === 0 || value === undefined) break;
    const name = AV_NAMES[id];
    if (name && value.length > 0) found[name] = clip(utf16Text(value));
  }
  return found;
}

/**
 * Reads the CHALLENGE_MESSAGE (MS-NLMP §2.2.1.2) wherever it lies in `bytes`: bare, or wrapped in
 * SPNEGO, CredSSP or an SMB response. Null when there is none.
 */
export function readNtlmChallenge(bytes: Uint8Array): NtlmDetails | null {
  const start = findChallenge(bytes);
  if (start < 0) return null;
  const message = bytes.subarray(start);
  const reader = new ByteReader(message, 40);
  const length = reader.u16(true) ?? 0;
  reader.skip(2);
  const offset = reader.u32(true) ?? 0;
  const [major, minor, build] = [reader.u8(), reader.u8(), reader.u16(true)];
  const info = new ByteReader(message, offset).take(length) ?? new Uint8Array(0);
  const osVersion = build && !reader.short ? `${major}.${minor}.${build}` : undefined;
  return present({ ...readTargetInfo(info), osVersion });
}
