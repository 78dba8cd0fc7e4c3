import { ByteReader, concatBytes } from './bytes.ts';
import { u32be } from './encode.ts';
import { lengthFrame } from './length-frame.ts';

/** Transaction id of our calls: "post". One call at a time, so one id does. */
const XID = 0x706f_7374;
const LAST_FRAGMENT = 0x8000_0000;

/** One record of one fragment (RFC 5531 §11); the length's top bit marks the last fragment. */
export const recordFrame = lengthFrame({ at: 1, size: 3, extra: 4 });

/** A call without credentials and arguments (RFC 5531 §9), as a datagram. */
export function rpcDatagram(
  program: number,
  version: number,
  procedure: number,
  xid: number = XID,
): Uint8Array {
  const numbers = [xid, 0, 2, program, version, procedure, 0, 0, 0, 0];
  return concatBytes(...numbers.map(u32be));
}

/** The same as a record for TCP. */
export function rpcCall(program: number, version: number, procedure: number): Uint8Array {
  const call = rpcDatagram(program, version, procedure);
  return concatBytes(u32be(LAST_FRAGMENT + call.length), call);
}

export type RpcReply =
  | { readonly kind: 'success'; readonly result: Uint8Array }
  /** The program is there, in these versions only. */
  | { readonly kind: 'version-mismatch'; readonly low: number; readonly high: number }
  /** Denied, or no such program or procedure. */
  | { readonly kind: 'refused' };

/** Reads the reply to `rpcCall` (RFC 5531 §9); null when it is none. */
export function readRpcReply(bytes: Uint8Array): RpcReply | null {
  const reader = new ByteReader(bytes);
  const marker = reader.u32() ?? 0;
  if (marker !== LAST_FRAGMENT + bytes.length - 4 || reader.u32() !== XID) return null;
  return readRpcMessage(bytes.subarray(4));
}

/** Reads a reply as it comes in a datagram, whatever call it belongs to; null when it is none. */
export function readRpcMessage(bytes: Uint8Array): RpcReply | null {
  const reader = new ByteReader(bytes, 4);
  if (reader.u32() !== 1) return null;
  const denied = reader.u32();
  if (denied === 1) return { kind: 'refused' };
  reader.skip(4); // flavour of the verifier
  reader.skip(reader.u32() ?? 0);
  const status = reader.u32();
  if (denied !== 0 || status === undefined || status > 5) return null;
  if (status === 0) return { kind: 'success', result: bytes.subarray(reader.offset) };
  if (status !== 2) return { kind: 'refused' };
  const [low, high] = [reader.u32(), reader.u32()];
  return low === undefined || high === undefined ? null : { kind: 'version-mismatch', low, high };
}
