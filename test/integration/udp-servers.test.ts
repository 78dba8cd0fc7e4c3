import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATAGRAM_PROTOCOLS, QUESTIONS } from '../../src/identify/datagrams.ts';
import { identifyDatagram } from '../../src/identify/identify-datagram.ts';
import type { Outcome } from '../../src/model/port.ts';
import type { Service } from '../../src/model/service.ts';
import { linuxUdp } from '../../src/probe/udp/kinds.ts';
import { collect, from } from '../conformity/probing.ts';
import { met } from '../helpers/needs.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import type { Expected } from '../lab/server.ts';
import { UDP_SERVERS } from '../lab/udp-servers.ts';
import { withServer } from '../lab/with-server.ts';

async function probe(address: string, port: number): Promise<Outcome | undefined> {
  const engine = await linuxUdp(QUESTIONS).create();
  const [outcome] = await collect(engine, from(address), [port], {
    pace: { rate: 'auto', perHost: 'auto' },
  });
  return outcome;
}

async function look(address: string, port: number): Promise<Service> {
  const outcome = await probe(address, port);
  expect(outcome).toMatchObject({ state: 'open', reason: 'udp-response', port });
  if (outcome?.datagram === undefined) throw new Error('nothing answered');
  const { service } = await identifyDatagram({
    address,
    port,
    datagram: outcome.datagram,
    signal: new AbortController().signal,
    protocols: DATAGRAM_PROTOCOLS,
    onFault: (protocol, fault) => {
      throw new Error(`the ${protocol} protocol failed`, { cause: fault });
    },
  });
  return service;
}

function expectIdentity(service: Service, expected: Expected): void {
  expect(service.protocol).toBe(expected.protocol);
  if (expected.reveals !== 'protocol') expect(service.product).toBe(expected.product);
  if (expected.reveals === 'version') expect(service.version).toBe(expected.version);
  const schema = DATAGRAM_PROTOCOLS.find(({ name }) => name === service.protocol)?.details;
  expect(schema?.safeParse(service.details).error).toBeUndefined();
}

const servers = namespacesMet() ? UDP_SERVERS.filter(({ needs }) => met(needs)) : [];

it('the lab has at least twenty servers that answer over UDP', () => {
  expect(UDP_SERVERS.length).toBeGreaterThanOrEqual(20);
});

describe.skipIf(servers.length === 0)('real servers over UDP', () => {
  let place: Namespace;
  beforeAll(() => {
    place = makeNamespace();
  });
  afterAll(() => place.close());

  describe.each(servers.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const doors = Object.entries(spec.doors).filter(([, { transport }]) => transport === 'udp');
    const server = withServer(spec, () => ({ address: place.far.v4, namespace: place.name }));

    it.each(doors.map(([name]) => name))('%s is found and named', async (door) => {
      const { address, ports, expected } = server();
      const wanted = expected[door];
      if (wanted === undefined) throw new Error(`no door ${door}`);
      expectIdentity(await look(address, ports[door] ?? 0), wanted);
    });
  });
});
