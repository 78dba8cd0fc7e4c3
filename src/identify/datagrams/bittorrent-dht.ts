import { z } from 'zod';
import { bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexText } from '../encode.ts';
import { present } from '../present.ts';
import { tokenBytes } from '../token.ts';

const details = z.object({
  nodeId: z.string().optional().describe('Its id in the table, hexadecimal'),
  client: z.string().optional().describe('Program that it names by two letters'),
});

/** Letters that clients put before their version (BEP 5, BEP 20). */
const CLIENTS: Readonly<Record<string, string>> = {
  LT: 'libtorrent',
  TR: 'Transmission',
  UT: 'µTorrent',
  lt: 'rTorrent',
  JC: 'jech/dht',
  MO: 'Mainline',
};

/** `ping` (BEP 5) with a node id that is read-only (BEP 43): nobody puts us into a table. */
function question(token: number): Uint8Array {
  return concatBytes(
    bytesOf('d1:ad2:id20:'),
    tokenBytes(token, 20),
    bytesOf('e1:q4:ping2:roi1e1:t2:po1:y1:qe'),
  );
}

/** BitTorrent's distributed hash table: a ping. */
export const bittorrentDht = defineDatagram({
  name: 'bittorrent-dht',
  title: 'BitTorrent DHT',
  ports: [6881, 51413],
  questions: [{ name: 'bittorrent-dht', payload: question }],
  details,
  read(payload) {
    const text = latin1Text(payload.subarray(0, 1024));
    if (!text.startsWith('d') || !text.includes('1:t2:po') || !/1:y1:[re]/.test(text)) return null;
    const at = text.indexOf('2:id20:');
    const id = at < 0 ? undefined : payload.subarray(at + 7, at + 27);
    const letters = /1:v4:([A-Za-z]{2})/.exec(text)?.[1];
    // JC is the library of Transmission, which names no one
    const client = letters === undefined ? undefined : (CLIENTS[letters] ?? letters);
    const nodeId = id?.length === 20 ? hexText(id) : undefined;
    return {
      ...(client === undefined ? {} : { product: client }),
      details: present({ nodeId, client }),
    };
  },
});
