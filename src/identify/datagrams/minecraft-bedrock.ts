import { z } from 'zod';
import { ByteReader, concatBytes, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes, u32be } from '../encode.ts';
import { present } from '../present.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  edition: z.string().optional().describe('MCPE, or MCEE for the education edition'),
  name: z.string().optional().describe('Name of the server'),
  version: z.string().optional().describe('Game version'),
  players: z.number().optional().describe('Players now'),
  maxPlayers: z.number().optional().describe('Players at most'),
});

/** RakNet's mark of packets outside a connection. */
const MAGIC = hexBytes('00ffff00fefefefefdfdfdfd12345678');
const PONG = 0x1c;
const MAGIC_AT = 17;

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Minecraft Bedrock: RakNet's unconnected ping. */
export const minecraftBedrock = defineDatagram({
  name: 'minecraft-bedrock',
  title: 'Minecraft Bedrock',
  ports: [19132, 19133],
  questions: [
    {
      name: 'minecraft-bedrock',
      payload: (token) =>
        concatBytes(hexBytes('01 00000000'), u32be(token), MAGIC, tokenBytes(token, 8)),
      answers: (payload, token) => standsAt(payload, 5, u32be(token)),
    },
  ],
  details,
  read(payload) {
    if (payload[0] !== PONG || !standsAt(payload, MAGIC_AT, MAGIC)) return null;
    const reader = new ByteReader(payload, MAGIC_AT + MAGIC.length);
    const text = clip(utf8Text(reader.take(reader.u16() ?? -1) ?? new Uint8Array(0)));
    const [edition, name, , version, players, maxPlayers] = text.split(';', 8);
    const numbers = { players: count(players), maxPlayers: count(maxPlayers) };
    return {
      product: 'Minecraft Bedrock',
      ...(version === undefined || version === '' ? {} : { version }),
      details: present({ edition, name, version, ...numbers }),
    };
  },
});
