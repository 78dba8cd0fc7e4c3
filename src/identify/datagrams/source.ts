import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { present } from '../present.ts';

const details = z.object({
  challenge: z.boolean().optional().describe('It gave a number to repeat instead of an answer'),
  name: z.string().optional().describe('Name of the server'),
  map: z.string().optional().describe('Map that is played'),
  game: z.string().optional().describe('Game, in words'),
  players: z.number().optional().describe('Players now'),
  maxPlayers: z.number().optional().describe('Players at most'),
  password: z.boolean().optional().describe('A password is asked for'),
});

/** A2S_INFO of the Source server queries. */
const QUERY = concatBytes(hexBytes('ffffffff 54'), bytesOf('Source Engine Query\0'));
const SINGLE = 0xffff_ffff;
const INFO = 0x49;
const CHALLENGE = 0x41;

function textOf(reader: ByteReader): string {
  return clip(utf8Text(reader.cString() ?? new Uint8Array(0)));
}

function read(payload: Uint8Array) {
  const reader = new ByteReader(payload);
  if (reader.u32() !== SINGLE) return null;
  const kind = reader.u8();
  if (kind === CHALLENGE && payload.length === 9) return { details: { challenge: true } };
  if (kind !== INFO) return null;
  reader.skip(1); // protocol
  const [name, map, , game] = [textOf(reader), textOf(reader), textOf(reader), textOf(reader)];
  reader.skip(2);
  const [players, maxPlayers] = [reader.u8(), reader.u8()];
  reader.skip(3);
  const password = reader.u8();
  reader.skip(1);
  const version = textOf(reader);
  if (reader.short || password === undefined) return null;
  return {
    ...(game === '' ? {} : { product: game }),
    ...(version === '' ? {} : { version }),
    details: present({ name, map, game, players, maxPlayers, password: password === 1 }),
  };
}

/** Game servers that answer the Source engine's queries: Counter-Strike, Valheim, Rust and others. */
export const source = defineDatagram({
  name: 'source',
  title: 'Source game server',
  ports: [2457, 27015, 27016, 28015],
  questions: [{ name: 'source', payload: () => QUERY }],
  details,
  read,
  async follow(identity, ask) {
    if (identity.details.challenge !== true) return identity;
    const challenge = await ask(QUERY);
    if (challenge?.[4] !== CHALLENGE) return (challenge && read(challenge)) ?? identity;
    const answer = await ask(concatBytes(QUERY, challenge.subarray(5, 9)));
    return (answer && read(answer)) ?? identity;
  },
});
