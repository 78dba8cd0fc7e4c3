import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { u16be } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  protocolVersion: z.number().describe('version.protocol'),
  description: z.string().optional().describe('Message of the day, formatting left out'),
  playersMax: z.number().optional().describe('Slots'),
});

/** A status with its icon is some 20 KB. */
const MAX_PACKET = 64 * 1024;

/** A VarInt (at most 5 bytes, 7 bits each); undefined while bytes are missing, null when too long. */
function varint(reader: ByteReader): number | undefined | null {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.u8();
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  return null;
}

export function statusFrame(buffered: Uint8Array): number | null {
  const reader = new ByteReader(buffered);
  const length = varint(reader);
  if (length === undefined) return null;
  if (length === null || length > MAX_PACKET || length < 3) return buffered.length;
  return buffered.length >= reader.offset + length ? reader.offset + length : null;
}

function packet(...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...parts);
  return concatBytes(Uint8Array.of(body.length), body); // all of ours are under 128 bytes
}

/** Handshake with any protocol version and next state "status", and the Status Request. */
function statusRequest({ serverName, authority, port }: Conversation): Uint8Array {
  const host = bytesOf((serverName ?? authority).slice(0, 80));
  const version = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f); // -1: asking which one to speak
  const address = concatBytes(Uint8Array.of(host.length), host, u16be(port));
  return concatBytes(
    packet(Uint8Array.of(0), version, address, Uint8Array.of(1)),
    packet(Uint8Array.of(0)),
  );
}

const status = z.object({
  version: z.object({ name: z.string(), protocol: z.number() }),
  players: z.object({ max: z.number() }).optional().catch(undefined),
  description: z.unknown().optional(),
});

/** Reads a Status Response: packet 0 with one JSON text; null when it is none. */
export function readStatus(bytes: Uint8Array): z.infer<typeof status> | null {
  const reader = new ByteReader(bytes);
  varint(reader);
  if (varint(reader) !== 0) return null;
  const text = reader.take(varint(reader) ?? -1);
  try {
    return text ? (status.safeParse(JSON.parse(utf8Text(text))).data ?? null) : null;
  } catch {
    return null;
  }
}

function plainText(description: unknown): string | undefined {
  const text =
    typeof description === 'object' && description !== null && 'text' in description
      ? description.text
      : description;
  return typeof text === 'string' ? clip(text.replace(/§./g, '')) : undefined;
}

/** `Paper 1.20.4` and `1.20.4`: the game's version, and the server's name where it gives one. */
function productOf(name: string) {
  const match = /^(?:([A-Za-z][\w -]{0,40}) )?(\d+\.\d+(?:\.\d+)?)/.exec(name.slice(0, 100));
  return present({ product: match?.[1] ?? 'Minecraft', version: match?.[2] });
}

/** Server list ping, as the game does before anybody joins. */
export const minecraft = defineProtocol({
  name: 'minecraft',
  title: 'Minecraft',
  transport: 'tcp',
  over: 'tcp',
  ports: [25565],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(statusRequest(talk));
    const bytes = await receiveWhole(talk, statusFrame);
    const told = bytes && readStatus(bytes);
    if (!told) return null;
    return {
      ...productOf(told.version.name),
      details: present({
        protocolVersion: told.version.protocol,
        description: plainText(told.description),
        playersMax: told.players?.max,
      }),
    };
  },
});
