import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  bytesOfBase64,
  type DatagramFixture,
  datagramFixtures,
} from '../../test/helpers/datagram-fixture.ts';
import { hostileBytes, STRANGERS } from '../../test/helpers/fixture.ts';
import type { DatagramProtocol } from './datagram.ts';
import { ntp } from './datagrams/ntp.ts';
import { ASKED_ANYWHERE, DATAGRAM_PROTOCOLS, QUESTIONS } from './datagrams.ts';
import { identifyDatagram } from './identify-datagram.ts';

/** The protocols that the third issue asks for, by our names. */
const OWED =
  'dns ntp snmp ssdp mdns netbios-ns tftp sip stun ike openvpn memcached cldap rpcbind ipmi coap quic dtls rdp mssql-browser bacnet radius kerberos l2tp'.split(
    ' ',
  );
/** Largest payload that passes an Ethernet link in one piece. */
const MOST_SENT = 1472;

/** What the protocol makes of a fixture, with its further questions answered from it. */
async function identityOf(protocol: DatagramProtocol, fixture: DatagramFixture): Promise<unknown> {
  const { port, question, payload, more = [] } = fixture;
  const identity = protocol.read(bytesOfBase64(payload), { port, question });
  if (identity === null || protocol.follow === undefined) return identity;
  const answers = [...more];
  return protocol.follow(identity, async (asked) => {
    const answer = bytesOfBase64(answers.shift() ?? '');
    // the id of a DNS question is made by chance, and that of the answer is the same
    if (protocol.name === 'dns') answer.set(asked.subarray(0, Math.min(2, answer.length)));
    return answer.length === 0 ? null : answer;
  });
}

describe('the registry of protocols over UDP', () => {
  const registered = DATAGRAM_PROTOCOLS.map(({ name }) => name);
  const inFolder = (folder: string, ending: string): string[] =>
    readdirSync(folder)
      .filter((file) => file.endsWith(ending))
      .map((file) => file.slice(0, -ending.length))
      .sort();

  it('is the folder, in its order', () => {
    expect(registered).toEqual(inFolder('src/identify/datagrams', '.ts'));
  });

  it('has fixtures for each', () => {
    expect(inFolder('test/fixtures/datagrams', '.json')).toEqual(registered);
  });

  it('stands in docs/protocols.md', () => {
    const page = readFileSync('docs/protocols.md', 'utf8');
    for (const { name, title } of DATAGRAM_PROTOCOLS) {
      expect(page).toContain(`| \`${name}\` | ${title} | udp |`);
    }
  });

  it('has what was promised', () => {
    expect(registered).toEqual(expect.arrayContaining(OWED));
  });

  it('asks questions of different names, somewhere, that fit into one packet', () => {
    const names = QUESTIONS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { name, ports, payload } of QUESTIONS) {
      expect(ports.length, name).toBeGreaterThan(0);
      expect(payload(0xdead_beef).length, name).toBeLessThanOrEqual(MOST_SENT);
    }
  });

  it('asks the same of one port each time, and something else with another token', () => {
    const random = new Set(['sip']); // RFC 3261 §8.1.1.7: each request is a transaction of its own
    for (const { name, payload, answers } of QUESTIONS) {
      if (random.has(name)) continue;
      expect(payload(7), name).toEqual(payload(7));
      if (answers !== undefined) expect(payload(7), name).not.toEqual(payload(0x1234_5678));
    }
  });

  it('is asked anywhere by its first question', () => {
    const asked = QUESTIONS.filter(({ anywhere }) => anywhere).map(({ name }) => name);
    expect(asked).toEqual(ASKED_ANYWHERE.map(({ questions }) => questions[0]?.name));
  });
});

describe.each(DATAGRAM_PROTOCOLS.map((protocol) => [protocol.name, protocol] as const))(
  '%s',
  (name, protocol) => {
    const fixtures = datagramFixtures(name);
    const payloads = fixtures.map(({ payload }) => bytesOfBase64(payload));
    const context = { port: protocol.ports[0] ?? 0, question: protocol.questions[0]?.name ?? '' };

    it('describes its details', () => {
      const { properties = {} } = z.toJSONSchema(protocol.details, { io: 'output' });
      for (const [field, schema] of Object.entries(properties)) {
        expect(schema, field).toMatchObject({ description: expect.stringMatching(/\w/) });
      }
    });

    it.each(fixtures)('$what', async (fixture) => {
      const identity = await identityOf(protocol, fixture);
      expect(identity).toEqual(fixture.identity);
      expect(protocol.details.safeParse((identity as { details: unknown }).details).error).toBe(
        undefined,
      );
    });

    it('survives hostile answers', async () => {
      const answers = fc.array(fc.option(hostileBytes(payloads)), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(hostileBytes(payloads), answers, async (payload, more) => {
          for (const question of protocol.questions) question.answers?.(payload, 7);
          const identity = protocol.read(payload, context);
          if (identity === null) return;
          const rest = [...more];
          const whole = await protocol.follow?.(identity, async () => rest.shift() ?? null);
          protocol.details.parse((whole ?? identity).details);
        }),
        { numRuns: 200 },
      );
    });

    it('knows no answer of another protocol', () => {
      const own = /^(?:qotd|time)$/; // any text is a quotation, any four bytes are a time
      const strangers = own.test(name) ? [] : STRANGERS;
      for (const stranger of strangers) expect(protocol.read(stranger, context)).toBeNull();
    });
  },
);

describe('identifyDatagram', () => {
  const all = DATAGRAM_PROTOCOLS.flatMap(({ name }) =>
    datagramFixtures(name).map((fixture) => [name, fixture.what, fixture] as const),
  );

  it.each(all)('knows %s: %s', async (name, _, { port, question, payload }) => {
    const first = bytesOfBase64(payload);
    const { service, exchanges } = await identifyDatagram({
      address: '127.0.0.1',
      port,
      datagram: { question, sent: 10, received: first.length, payload: first },
      signal: AbortSignal.abort(),
      protocols: DATAGRAM_PROTOCOLS,
    });
    expect(service.protocol).toBe(name);
    expect(exchanges).toEqual([{ sent: 10, received: first.length }]);
  });

  it('takes no question of ours that comes back for an answer', async () => {
    const mirror = createSocket('udp4');
    mirror.on('message', (bytes, { port, address }) => mirror.send(bytes, port, address));
    await new Promise<void>((resolve) => mirror.bind(0, '127.0.0.1', resolve));
    // a question to a name server whose id, made by chance, begins as an answer of NTP does
    const payload = new Uint8Array(52);
    payload.set([0x24, 0x02, 1, 0, 0, 1]);
    expect(ntp.read(payload, { port: 4000, question: 'dns' })).not.toBeNull();
    const protocols = [];
    for (const sent of [payload.length, 2 * payload.length]) {
      const { service } = await identifyDatagram({
        address: '127.0.0.1',
        port: mirror.address().port,
        datagram: { question: 'dns', sent, received: payload.length, payload },
        signal: AbortSignal.timeout(20_000),
        protocols: DATAGRAM_PROTOCOLS,
      });
      protocols.push(service.protocol);
    }
    mirror.close();
    expect(protocols).toEqual(['echo', 'echo']);
  });

  it('keeps what nobody knows', async () => {
    const { service } = await identifyDatagram({
      address: '127.0.0.1',
      port: 4,
      datagram: { question: 'dns', sent: 30, received: 3, payload: Uint8Array.of(1, 2, 255) },
      signal: AbortSignal.abort(),
      protocols: DATAGRAM_PROTOCOLS,
    });
    expect(service).toEqual({
      protocol: 'unknown',
      raw: { base64: 'AQL/', text: '\\x01\\x02\\xff' },
    });
  });
});
