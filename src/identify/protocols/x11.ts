import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ByteReader, latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** Connection set-up, least significant byte first, protocol 11.0, no authorisation. */
const SETUP = Uint8Array.of(0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const MAX_REPLY = 64 * 1024;
const STATE = { failed: 0, success: 1, authenticate: 2 } as const;

const details = z.object({
  authRequired: z
    .boolean()
    .describe('False: whoever connects sees the screen, the keys and the windows'),
  protocolVersion: z.string().optional().describe('X protocol version'),
  vendor: z.string().optional().describe('Vendor string of the server'),
  release: z.number().optional().describe("The vendor's release number"),
  reason: z.string().optional().describe('Why the connection was refused'),
});

/** What the server answered to a connection set-up (X Window System Protocol, §8). */
export interface X11Setup {
  readonly state: 'failed' | 'success' | 'authenticate';
  readonly protocolVersion?: string;
  readonly vendor?: string;
  readonly release?: number;
  readonly reason?: string;
}

function readSuccess(reader: ByteReader, protocolVersion: string): X11Setup | null {
  const release = reader.u32(true);
  reader.skip(12);
  const vendorLength = reader.u16(true);
  reader.skip(14);
  const vendor = reader.take(vendorLength ?? -1);
  if (release === undefined || vendor === undefined) return null;
  return { state: 'success', protocolVersion, vendor: clip(latin1Text(vendor)), release };
}

/** Reads a whole answer; null when it is none. */
export function readX11Setup(bytes: Uint8Array): X11Setup | null {
  const reader = new ByteReader(bytes);
  const state = reader.u8();
  const reasonLength = reader.u8();
  const [major, minor, words] = [reader.u16(true), reader.u16(true), reader.u16(true)];
  if (reasonLength === undefined || words === undefined || bytes.length !== 8 + words * 4)
    return null;
  if (state === STATE.authenticate) {
    return { state: 'authenticate', reason: reasonText(bytes.subarray(8)) };
  }
  if (major !== 11) return null;
  const protocolVersion = `${major}.${minor}`;
  if (state === STATE.success) return readSuccess(reader, protocolVersion);
  if (state !== STATE.failed || reasonLength > words * 4) return null;
  return {
    state: 'failed',
    protocolVersion,
    reason: reasonText(bytes.subarray(8, 8 + reasonLength)),
  };
}

function reasonText(bytes: Uint8Array): string {
  return clip(latin1Text(bytes).replace(/\0+$/, '').trim());
}

const setupFrame: Framing = (buffered) => {
  if ((buffered[0] ?? 0) > 2) return buffered.length;
  if (buffered.length < 8) return null;
  const length = 8 + (new ByteReader(buffered, 6).u16(true) ?? 0) * 4;
  if (length > MAX_REPLY) return buffered.length;
  return buffered.length >= length ? length : null;
};

/** Release 12101007 of the X.Org server is 21.1.7; up to 1.20 the number is 1 xx yy zzz. */
function xorgVersion(release: number): string {
  const major = Math.floor(release / 10_000_000);
  const minor = Math.floor(release / 100_000) % 100;
  const patch = Math.floor(release / 1000) % 100;
  return minor > 20 ? `${minor}.${patch}.${release % 1000}` : `${major}.${minor}.${patch}`;
}

function productOf({ vendor, release }: X11Setup) {
  if (vendor !== 'The X.Org Foundation' || release === undefined) {
    return vendor === undefined || vendor === '' ? {} : { product: vendor };
  }
  const version = xorgVersion(release);
  return { product: 'X.Org Server', version, cpe: cpe23('x.org', 'x_server', version) };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(SETUP);
  const bytes = await receiveWhole(talk, setupFrame);
  const setup = bytes === null ? null : readX11Setup(bytes);
  if (setup === null) return null;
  const { state, ...rest } = setup;
  return { ...productOf(setup), details: { authRequired: state !== 'success', ...rest } };
}

/** X11. We open a connection without credentials, as any program does, and close it at once. */
export const x11 = defineProtocol({
  name: 'x11',
  title: 'X11',
  transport: 'tcp',
  over: 'tcp',
  ports: [6000, 6001, 6002, 6003, 6010, 6011],
  manners: 'ask',
  details,
  identify,
});
