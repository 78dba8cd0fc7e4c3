import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/identify/plugin.ts';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import { type Fixture, readFixtures, repliesOf } from '../helpers/fixture.ts';
import { LAYER, memoryTalk } from '../helpers/memory-talk.ts';

/** `claimant of owner`, and why it is right to claim what the owner's server says. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'nfs of rpcbind': 'a reply to an RPC call names no program: only the call tells which was asked',
  'rpcbind of nfs': 'a reply to an RPC call names no program: only the call tells which was asked',
};
/** HTTP itself: an application behind it is one of these first, and is told apart afterwards. */
const HTTP = ['http', 'https', 'http2'];
const NOT_FOUND = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

function requestLine(bytes: Uint8Array | undefined): string {
  return (
    Buffer.from(bytes ?? [])
      .toString('latin1')
      .split('\r\n', 1)[0] ?? ''
  );
}

/** What the owner's server answers to the first question of another application behind HTTP. */
async function answersTo(claimant: Protocol, fixture: Fixture): Promise<Uint8Array[]> {
  const silence = memoryTalk([]);
  await claimant.identify(silence);
  const asked = requestLine(silence.sent[0]);
  const known = fixture.exchanges.filter(({ expect: wanted, reply }) => {
    if (wanted === undefined || reply === undefined) return false;
    return requestLine(Buffer.from(wanted, 'base64')) === asked;
  });
  const replies = known.map(({ reply = '' }) => Buffer.from(reply, 'base64'));
  return replies.length > 0 ? replies : [NOT_FOUND];
}

/** Whether the claimant would be asked at all: `listen` only when it recognises the first words. */
function isAsked({ manners, recognises }: Protocol, [first]: readonly Uint8Array[]): boolean {
  return manners === 'ask' || (first !== undefined && recognises?.(first) === true);
}

async function claims(claimant: Protocol, owner: Protocol, fixture: Fixture): Promise<boolean> {
  const apps = claimant.over === 'http' && owner.over === 'http';
  const replies = apps ? await answersTo(claimant, fixture) : repliesOf(fixture);
  if (!isAsked(claimant, replies)) return false;
  const inside = fixture.insideTls === true ? { tls: LAYER } : {};
  return (await claimant.identify(memoryTalk(replies, inside))) !== null;
}

function mayClaim(claimant: Protocol, owner: Protocol): boolean {
  const beneath = HTTP.includes(claimant.name) && owner.over === 'http';
  return claimant !== owner && claimant.transport === owner.transport && !beneath;
}

async function claimantsOf(owner: Protocol): Promise<string[]> {
  const found = new Set<string>();
  for (const fixture of readFixtures(owner.name).filter(({ identity }) => identity !== null)) {
    for (const claimant of PROTOCOLS.filter((other) => mayClaim(other, owner))) {
      if (await claims(claimant, owner, fixture)) found.add(`${claimant.name} of ${owner.name}`);
    }
  }
  return [...found];
}

describe('no protocol takes what another one said for its own', () => {
  it.each(PROTOCOLS)('$name', async (owner) => {
    const expected = Object.keys(EXCEPTIONS).filter((pair) => pair.endsWith(` of ${owner.name}`));
    expect(await claimantsOf(owner)).toEqual(expected);
  });
});
