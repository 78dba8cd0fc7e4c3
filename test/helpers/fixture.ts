import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identity, Protocol } from '../../src/identify/plugin.ts';
import type { TlsDetails } from '../../src/model/service.ts';
import { Peer } from '../../src/net/peer.ts';
import { LAYER, memoryTalk } from './memory-talk.ts';
import {
  close,
  expectBytes,
  type Script,
  type Step,
  say,
  scriptedPeer,
  startTls,
} from './scripted-peer.ts';

/** One step of a recorded conversation; absent fields are skipped, in the order they stand here. */
export interface FixtureExchange {
  /** Which connection, in the order they are opened; default 0. */
  readonly connection?: number;
  /** First bytes the client must send before the reply comes, base64; absent: it comes at once. */
  readonly expect?: string;
  /** What the server sends, base64. */
  readonly reply?: string;
  /** After the reply the server takes a TLS handshake. */
  readonly tls?: true;
  /** After that the server ends the connection. */
  readonly close?: true;
}

/** One conversation of a product and what must be found out from it. */
export interface Fixture {
  readonly what: string;
  /** Captured from which package and version, or built from which section of which specification. */
  readonly source: string;
  /** The whole conversation takes place inside TLS. */
  readonly insideTls?: true;
  readonly exchanges: readonly FixtureExchange[];
  /** Null: must not be identified. `startTls` true: a TLS layer must have been entered. */
  readonly identity: {
    readonly product?: string;
    readonly version?: string;
    readonly cpe?: string;
    readonly details: Readonly<Record<string, unknown>>;
    readonly startTls?: true;
  } | null;
}

/** The fixtures of test/fixtures/protocols/NAME.json. */
export function readFixtures(name: string): Fixture[] {
  const file = new URL(`../fixtures/protocols/${name}.json`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Fixture[]) : [];
}

/** What the server said, in order. */
export function repliesOf(fixture: Fixture): Uint8Array[] {
  return fixture.exchanges.flatMap(({ reply }) =>
    reply === undefined ? [] : [Buffer.from(reply, 'base64')],
  );
}

/** Consumes just these bytes, so that a ClientHello sent along with them is left to the handshake. */
function expectJust(wanted: Buffer): Step {
  return async (link) => {
    const message = await link.receive((unread) =>
      unread.length < wanted.length ? null : wanted.length,
    );
    if (!message.equals(wanted)) link.trouble ??= `unexpected ${message.toString('base64')}`;
  };
}

function stepsOf({ expect: wanted, reply, tls, close: ends }: FixtureExchange): Script {
  const expected = tls === true && reply === undefined ? expectJust : expectBytes;
  return [
    ...(wanted === undefined ? [] : [expected(Buffer.from(wanted, 'base64'))]),
    ...(reply === undefined ? [] : [say(Buffer.from(reply, 'base64'))]),
    ...(tls === true ? [startTls()] : []),
    ...(ends === true ? [close()] : []),
  ];
}

/** The script of each connection of a fixture, for `scriptedPeer`. */
export function scriptsOf(fixture: Fixture): (connection: number) => Script {
  return (connection) =>
    fixture.exchanges.filter((step) => (step.connection ?? 0) === connection).flatMap(stepsOf);
}

/** Runs a protocol over a real socket against a replayed fixture. */
export async function identifyFixture(
  protocol: Protocol,
  fixture: Fixture,
): Promise<{ identity: Identity<unknown> | null; trouble: readonly string[] }> {
  const insideTls = fixture.insideTls === true;
  await using server = await scriptedPeer(scriptsOf(fixture), { tls: insideTls });
  const cancel = new AbortController();
  const peer = new Peer({ address: server.address, port: server.port, signal: cancel.signal });
  const { talk } = await peer.open(insideTls ? {} : undefined);
  if (talk === undefined) throw new Error('the scripted peer could not be reached');
  const identity = await protocol.identify(talk);
  talk.close();
  cancel.abort();
  return { identity, trouble: server.connections.flatMap((link) => link.trouble ?? []) };
}

function comparable(identity: Identity<unknown> | null): unknown {
  if (identity === null) return null;
  const { startTls: layer, ...rest } = identity;
  return layer === undefined ? rest : { ...rest, startTls: true };
}

/** Random bytes, and real replies cut short or with some bytes changed. */
export function hostileBytes(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const noise = fc.uint8Array({ maxLength: 200 });
  if (seeds.length === 0) return noise;
  const mutated = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.nat(4096),
      fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 4 }),
    )
    .map(([seed, cut, changes]) => {
      const bytes = Uint8Array.from(
        seed.subarray(0, cut % 3 === 0 ? cut % (seed.length + 1) : seed.length),
      );
      for (const [at, value] of changes) {
        if (bytes.length > 0) bytes[at % bytes.length] = value;
      }
      return bytes;
    });
  return fc.oneof(noise, mutated);
}

/** Declares the property that a reader never throws. */
export function itNeverThrows(
  name: string,
  read: (bytes: Uint8Array) => unknown,
  seeds: readonly Uint8Array[] = [],
): void {
  it(`${name} never throws`, () => {
    fc.assert(
      fc.property(hostileBytes(seeds), (bytes) => {
        read(bytes);
      }),
      { numRuns: 300 },
    );
  });
}

/** Bytes of other protocols that a plugin must answer null to. */
export const STRANGERS: readonly Uint8Array[] = [
  'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n',
  '220 mail.example.org ESMTP Postfix\r\n',
  'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n',
  '-ERR unknown command\r\n',
  '* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n',
  '\x15\x03\x03\x00\x02\x02\x28',
  '\x00\x00\x00\x00',
].map((text) => Buffer.from(text, 'latin1'));

/** STRANGERS without those that begin like the protocol's own words. */
export function strangersBut(own: string): Uint8Array[] {
  return STRANGERS.filter((bytes) => !Buffer.from(bytes).toString('latin1').startsWith(own));
}

/**
 * Declares what every protocol owes: each fixture is identified exactly, over a real socket; its
 * greeting is recognised; details satisfy the schema; hostile and foreign bytes neither throw nor
 * loop, nor break the schema.
 */
export function itIdentifiesItsFixtures(
  protocol: Protocol,
  strangers: readonly Uint8Array[] = STRANGERS,
): void {
  const fixtures = readFixtures(protocol.name);
  describe('fixtures', () => {
    it('there are some', () => expect(fixtures.length).toBeGreaterThan(0));
    it.each(fixtures)('$what', async (fixture) => {
      const { identity, trouble } = await identifyFixture(protocol, fixture);
      expect(trouble).toEqual([]);
      expect(comparable(identity)).toEqual(fixture.identity);
      if (identity) protocol.details.parse(identity.details);
    });
    it.each(fixtures.filter(({ identity, exchanges }) => identity && !exchanges[0]?.expect))(
      '$what: the greeting is recognised',
      (fixture) => {
        expect(protocol.recognises?.(repliesOf(fixture)[0] ?? new Uint8Array(0))).toBe(true);
      },
    );
  });
  const layers = fixtures.some(({ insideTls }) => insideTls) ? [undefined, LAYER] : [undefined];
  for (const layer of layers) itSurvives(protocol, fixtures.flatMap(repliesOf), strangers, layer);
}

function itSurvives(
  protocol: Protocol,
  seeds: readonly Uint8Array[],
  strangers: readonly Uint8Array[],
  tls: TlsDetails | undefined,
): void {
  const inside = tls === undefined ? {} : { tls };
  const where = tls === undefined ? '' : ', inside TLS';
  it(`answers null to other protocols${where}`, async () => {
    for (const bytes of strangers) {
      const identity = await protocol.identify(memoryTalk([bytes], inside));
      expect(identity, Buffer.from(bytes).toString('latin1')).toBeNull();
    }
  });
  it(`survives hostile replies${where}`, async () => {
    const replies = fc.array(hostileBytes(seeds), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(replies, fc.boolean(), async (bytes, tlsAgreed) => {
        const identity = await protocol.identify(memoryTalk(bytes, { tlsAgreed, ...inside }));
        if (identity) protocol.details.parse(identity.details);
      }),
      { numRuns: 200 },
    );
  });
  const { recognises } = protocol;
  if (recognises) itNeverThrows('recognises', recognises, seeds);
}
