import { describe, expect, it } from 'vitest';
import { identify } from '../../src/identify/identify.ts';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import type { Service } from '../../src/model/service.ts';
import { met } from '../helpers/needs.ts';
import type { Expected } from '../lab/server.ts';
import { SERVERS } from '../lab/servers.ts';
import { withServer } from '../lab/with-server.ts';

const REGISTERED = new Set(PROTOCOLS.map(({ name }) => name));

function look(address: string, port: number): Promise<Service | null> {
  return identify({
    address,
    port,
    serverName: 'localhost',
    signal: new AbortController().signal,
    protocols: PROTOCOLS,
    onFault: (protocol, fault) => {
      throw new Error(`the ${protocol} plugin failed`, { cause: fault });
    },
  });
}

/** HTTP/2 is told as a property of https where the server takes HTTP/1.1 too. */
function protocolOf(service: Service): string {
  return service.protocol === 'https' && service.details?.['http2'] === true
    ? 'http2'
    : service.protocol;
}

function expectIdentity(service: Service | null, expected: Expected): void {
  if (service === null) throw new Error('nothing was identified');
  expect({
    protocol: expected.protocol === 'http2' ? protocolOf(service) : service.protocol,
    product: expected.reveals === 'protocol' ? undefined : service.product,
    version: expected.reveals === 'version' ? service.version : undefined,
  }).toEqual({
    protocol: expected.protocol,
    product: expected.reveals === 'protocol' ? undefined : expected.product,
    version: expected.reveals === 'version' ? expected.version : undefined,
  });
  const schema = PROTOCOLS.find(({ name }) => name === service.protocol)?.details;
  expect(schema?.safeParse(service.details).error).toBeUndefined();
}

/** Every real server of the lab, on a port that suggests nothing. */
describe.each(SERVERS.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
  const doors = Object.entries(spec.doors).filter(
    ([, door]) => door.transport !== 'udp' && REGISTERED.has(door.protocol),
  );
  describe.skipIf(doors.length === 0 || !met(spec.needs))('is identified', () => {
    const server = withServer(spec);
    it.each(doors.map(([name]) => name))('%s', async (door) => {
      const { address, ports, expected } = server();
      const wanted = expected[door];
      const service = await look(address, ports[door] ?? 0);
      if (wanted === undefined) throw new Error(`no door ${door}`);
      expectIdentity(service, wanted);
      if (wanted.tls === 'none') expect(service?.tls).toBeUndefined();
      else expect(service?.tls).toMatchObject({ startTls: wanted.tls === 'starttls' });
      if (wanted.tls !== 'none') expect(service?.tls?.chain[0]?.names).toContain('localhost');
    });
  });
});
