import { z } from 'zod';
import { bytesOf, concatBytes, startsWith } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip, headText } from '../dialogue.ts';
import { present } from '../present.ts';

const details = z.object({
  name: z.string().optional().describe('Name of the server'),
  map: z.string().optional().describe('Map that is played'),
  game: z.string().optional().describe('Game'),
  players: z.number().optional().describe('Players now'),
  maxPlayers: z.number().optional().describe('Players at most'),
});

const OUT_OF_BAND = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
const ANSWER = concatBytes(OUT_OF_BAND, bytesOf('infoResponse\n'));

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

function readFields(text: string): ReadonlyMap<string, string> {
  const words = text.split('\\').slice(1, 128);
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    fields.set((words[at] ?? '').toLowerCase(), clip(words[at + 1] ?? ''));
  }
  return fields;
}

/** Games of the Quake 3 family: `getinfo`, as server lists ask. */
export const quake3 = defineDatagram({
  name: 'quake3',
  title: 'Quake 3 game server',
  ports: [27960, 27961],
  questions: [
    {
      name: 'quake3',
      payload: (token) => concatBytes(OUT_OF_BAND, bytesOf(`getinfo ${token}`)),
    },
  ],
  details,
  read(payload) {
    if (!startsWith(payload, ANSWER)) return null;
    const fields = readFields(headText(payload.subarray(ANSWER.length)).trimEnd());
    const game = fields.get('gamename') ?? fields.get('game');
    return {
      ...(game === undefined ? {} : { product: game }),
      details: present({
        name: fields.get('hostname'),
        map: fields.get('mapname'),
        game,
        players: count(fields.get('clients')),
        maxPlayers: count(fields.get('sv_maxclients')),
      }),
    };
  },
});
