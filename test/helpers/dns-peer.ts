import { udpPeer } from './udp-peer.ts';

/** What a name server says of the TXT records of a name. */
export type Said = readonly (readonly string[])[] | 'no-name' | 'fails' | 'silent';

/** A name server on loopback that knows TXT records only (RFC 1035 §4.1); what it says can be changed. */
export async function dnsPeer(said: (name: string) => Said) {
  const asked: string[] = [];
  const peer = await udpPeer((query) => {
    const name = nameIn(query);
    asked.push(name);
    const answer = said(name);
    return answer === 'silent' ? [] : [answerTo(query, answer)];
  });
  return {
    server: `127.0.0.1:${peer.port}`,
    /** Names it was asked for, in order. */
    asked,
    close: () => peer.close(),
    [Symbol.asyncDispose]: () => peer.close(),
  };
}

const HEADER = 12;
const RCODES = { 'no-name': 3, fails: 2 } as const;

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  let at = HEADER;
  while ((query[at] ?? 0) > 0) {
    const length = query[at] ?? 0;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join('.').toLowerCase();
}

/** The question again, and the records; what stands behind the question (EDNS) is left out. */
function answerTo(query: Buffer, said: Exclude<Said, 'silent'>): Buffer {
  const records = typeof said === 'string' ? [] : said;
  const end = query.indexOf(0, HEADER) + 5;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | (typeof said === 'string' ? RCODES[said] : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records.map(recordOf)]);
}

function recordOf(strings: readonly string[]): Buffer {
  const data = Buffer.concat(
    strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])),
  );
  // a pointer to the question's name, TXT, IN, a time to live of 60 s
  const fixed = Buffer.from([0xc0, HEADER, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}
