import { describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { met } from '../helpers/needs.ts';
import { postern } from '../helpers/postern.ts';
import { udpPeer } from '../helpers/udp-peer.ts';
import { kamailio } from '../lab/servers/kamailio.ts';
import { memcachedUdp } from '../lab/servers/memcached-udp.ts';
import { withServer } from '../lab/with-server.ts';

async function scan(ports: string, ...more: string[]): Promise<ScanReport> {
  const run = await postern(['scan', '127.0.0.1', '-p', ports, '--json', '--quiet', ...more]);
  expect(run.stderr).toBe('');
  const report = JSON.parse(run.stdout) as ScanReport;
  scanReport.parse(report);
  return report;
}

describe.skipIf(!met(kamailio.needs))('a server on TCP and UDP', () => {
  const server = withServer(kamailio);

  it('is found and named over both in one scan', async () => {
    const port = server().ports.tcp;
    const { scan: about, hosts } = await scan(`${port},U:${port}`, '--engine', 'connect');
    expect(about.scope).toMatchObject({
      ports: { tcp: `${port}`, udp: `${port}` },
      transports: ['tcp', 'udp'],
      engine: process.platform === 'linux' ? 'epoll+udp' : 'node+dgram',
    });
    expect(hosts[0]?.ports).toMatchObject([
      { transport: 'tcp', port, service: { protocol: 'sip', product: 'Kamailio' } },
      { transport: 'udp', port, service: { protocol: 'sip', product: 'Kamailio' } },
    ]);
  });

  it('is found by the portable engines too', async () => {
    const port = server().ports.tcp;
    const { scan: about, hosts } = await scan(`${port},U:${port}`, '--engine', 'node');
    expect(about.scope.engine).toBe('node+dgram');
    expect(hosts[0]?.counts).toMatchObject({ open: 2, verified: 2 });
  });
});

describe.skipIf(!met(memcachedUdp.needs))('an amplifier', () => {
  const server = withServer(memcachedUdp);

  it('is told with its factor', async () => {
    const port = server().ports.udp;
    const { hosts, findings } = await scan(`U:${port}`);
    const [found] = hosts[0]?.ports ?? [];
    expect(found).toMatchObject({
      state: 'open',
      reason: 'udp-response',
      service: { protocol: 'memcached', product: 'memcached' },
      verdict: { level: 'close' },
    });
    const { sent = 0, received = 0, factor = 0 } = found?.amplification ?? {};
    expect(factor).toBe(Math.round((received / sent) * 10) / 10);
    expect(factor).toBeGreaterThan(50);
    const rules = findings.map(({ rule, severity }) => `${rule} ${severity}`);
    expect(rules).toContain('udp.amplifier high');
  });
});

describe('silence over UDP', () => {
  it('is counted apart, and listed on demand', async () => {
    await using silent = await udpPeer(() => []);
    const gone = await udpPeer(() => []);
    await gone.close();
    const report = await scan(`U:${silent.port},${gone.port}`, '--show', 'all');
    expect(report.scan.scope).toMatchObject({ ports: { tcp: '' }, transports: ['udp'] });
    expect(report.hosts[0]?.counts).toMatchObject({ openFiltered: 1, closed: 1, open: 0 });
    const states = report.hosts[0]?.ports.map(({ port, state, reason }) => [port, state, reason]);
    expect(states).toEqual(
      [
        [silent.port, 'open|filtered', 'no-response'],
        [gone.port, 'closed', 'icmp-port-unreachable'],
      ].toSorted(([a], [b]) => Number(a) - Number(b)),
    );
  });

  it('is counted in a plan, which sends nothing', async () => {
    await using peer = await udpPeer(() => []);
    const args = ['--json', 'scan', '127.0.0.1', '-p', `22,U:53,${peer.port}`, '--plan'];
    const run = await postern(args);
    expect(JSON.parse(run.stdout)).toMatchObject({
      ports: '22',
      engine: expect.stringContaining('+'),
      // one connection and one repeat; DNS twice; the fourteen that are asked anywhere
      probes: { least: 3, most: 2 + 2 + 14 },
    });
    expect(peer.received).toEqual([]);
  });
});
