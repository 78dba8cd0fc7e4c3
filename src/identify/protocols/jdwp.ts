import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, startsWith, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const HANDSHAKE = 'JDWP-Handshake';
/** VirtualMachine/Version: length 11, id 1, no flags, command set 1, command 1. */
const VERSION = Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 1, 0, 1, 1);

const details = z.object({
  authRequired: z.boolean().describe('Always false: whoever connects may run code in the process'),
  description: z.string().optional().describe('Description of the virtual machine'),
  vmVersion: z.string().optional().describe('Version of the virtual machine (java.version)'),
  jdwpVersion: z.string().optional().describe('Version of the protocol'),
});

const packetFrame = lengthFrame({ at: 0, size: 4, extra: 0 });

function readString(reader: ByteReader): string | undefined {
  const bytes = reader.take(reader.u32() ?? -1);
  return bytes === undefined ? undefined : clip(utf8Text(bytes));
}

/** What a VirtualMachine/Version reply says (JDWP specification). */
export interface JdwpVersion {
  readonly description: string;
  readonly jdwpVersion: string;
  readonly vmVersion: string;
  readonly vmName: string;
}

/** Reads a whole reply packet; null when it is another or an error. */
export function readJdwpVersion(bytes: Uint8Array): JdwpVersion | null {
  const reader = new ByteReader(bytes, 8);
  const reply = reader.u8() === 0x80 && reader.u16() === 0;
  const description = readString(reader);
  const [major, minor] = [reader.i32(), reader.i32()];
  const vmVersion = readString(reader);
  const vmName = readString(reader);
  if (!reply || description === undefined || vmVersion === undefined || vmName === undefined) {
    return null;
  }
  return { description, jdwpVersion: `${major ?? 0}.${minor ?? 0}`, vmVersion, vmName };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(HANDSHAKE);
  const echo = await receiveWhole(talk, (buffered) => {
    const expected = bytesOf(HANDSHAKE).subarray(0, buffered.length);
    if (!startsWith(buffered, expected)) return buffered.length;
    return buffered.length >= HANDSHAKE.length ? HANDSHAKE.length : null;
  });
  if (echo === null || !startsWith(echo, HANDSHAKE)) return null;
  talk.send(VERSION);
  const bytes = await receiveWhole(talk, packetFrame);
  const version = bytes === null ? null : readJdwpVersion(bytes);
  // an echo server echoes the question too
  if (version === null && bytes !== null && startsWith(bytes, VERSION)) return null;
  if (version === null) return { details: { authRequired: false } };
  const { vmName, ...rest } = version;
  return { product: vmName, version: version.vmVersion, details: { authRequired: false, ...rest } };
}

/** The Java debugger's port. We shake hands and ask for the version; nothing is stopped or set. */
export const jdwp = defineProtocol({
  name: 'jdwp',
  title: 'Java Debug Wire Protocol',
  transport: 'tcp',
  over: 'tcp',
  ports: [5005, 8000, 8787, 9009],
  manners: 'ask',
  details,
  identify,
});
