import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge } from '../../src/judge/judge.ts';
import { NO_POLICY } from '../../src/model/policy.ts';
import type { HostRecord, PortRecord, ScanReport } from '../../src/model/scan.ts';
import { createResolver } from '../../src/net/dns.ts';
import { type LookRequest, look } from '../../src/pipeline/look.ts';
import type { Seen } from '../../src/pipeline/scan.ts';
import { chooseEngine } from '../../src/probe/engines.ts';
import { createObserver } from '../../src/probe/phantom/observers.ts';
import { NO_EXCLUSIONS } from '../../src/targets/exclude.ts';
import { parsePorts } from '../../src/targets/ports.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import {
  pretend,
  pretendAt,
  type Services,
  serveSsh,
  serveWeb,
  shunAfter,
  synProxy,
} from '../lab/phantoms.ts';
import { startRawPeer } from '../lab/raw-peer.ts';

const NOW = '2026-11-23T12:00:00Z';

function judged({ outcome, names, service, identified, phantoms }: Seen) {
  const port = { ...outcome, names, service, identified };
  const input = phantoms === undefined ? port : { ...port, phantoms };
  return judge(input, NO_POLICY, { now: NOW });
}

async function scan(address: string, ports: string, engine = 'epoll'): Promise<ScanReport> {
  const signal = new AbortController().signal;
  const request: LookRequest = {
    targets: [address],
    exclusions: NO_EXCLUSIONS,
    resolver: createResolver({ signal }),
    ports: parsePorts(ports).tcp,
    engine: await chooseEngine(engine),
    pace: { rate: 'max', perHost: 'max' },
    identify: true,
    phantoms: { mode: 'auto', observer: await createObserver(engine) },
    judge: judged,
    edgeOf: () => undefined,
    show: ['open'],
    seed: 20_261_123,
    signal,
    id: '5b2f6c1e-6c0e-4f0f-9d3b-0f8f4b6f7a21',
    tool: 'postern test',
    machine: 'lab',
    now: () => new Date(),
    onProblem: () => undefined,
    onNote: () => undefined,
  };
  return look(request).run();
}

/** The only host of a report. */
function onlyHost({ hosts }: ScanReport): HostRecord {
  const [host] = hosts;
  if (host === undefined || hosts.length !== 1) throw new Error(`${hosts.length} hosts`);
  return host;
}

function portsOf(host: HostRecord, standing: PortRecord['standing']): number[] {
  return host.ports.filter((port) => port.standing === standing).map(({ port }) => port);
}

/** Kind, number and whether confidence and evidence are there. */
function groupsOf({ phantoms = [] }: HostRecord) {
  return phantoms.map(({ kind, count }) => [kind, count]);
}

const WEB = 80;
const SHELL = 1022;

describe.skipIf(!namespacesMet('nft', 'nginx', 'sshd', 'ssh-keygen'))('phantoms', () => {
  let host: Namespace;
  const running: Services[] = [];
  beforeEach(() => {
    host = makeNamespace();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((services) => services.stop()));
    host.close();
  });

  it.each([
    ['mute', 'answers-everywhere'],
    ['resets', 'reset-after-handshake'],
    ['ssh-greeting', 'same-answer-everywhere'],
    ['web-page', 'same-answer-everywhere'],
    ['tarpit', 'tarpit'],
  ] as const)(
    'finds nginx and OpenSSH among 1,998 ports that are %s',
    async (pretence, kind) => {
      running.push(await serveWeb(host, [WEB]));
      running.push(await serveSsh(host, [SHELL]));
      await pretend(host, pretence, [WEB, SHELL]);
      const found = onlyHost(await scan(host.far.v4, '1-2000'));
      expect(groupsOf(found)).toEqual([[kind, 1998]]);
      expect(portsOf(found, 'verified')).toEqual([WEB, SHELL]);
      expect(found.ports.map(({ service }) => service?.product)).toEqual(['nginx', 'OpenSSH']);
      expect(found.counts).toMatchObject({ open: 2000, verified: 2, phantom: 1998 });
    },
    120_000,
  );

  it.each(['zero-window', 'never-acknowledges'] as const)(
    'knows a host that completes every handshake and then shows: %s',
    async (kind) => {
      const address = host.spare(7);
      const peer = await startRawPeer(host, address, kind);
      try {
        const found = onlyHost(await scan(address, '1-2000'));
        expect(groupsOf(found)).toEqual([[kind, 2000]]);
        expect(found.counts).toMatchObject({ open: 2000, verified: 0, phantom: 2000 });
      } finally {
        peer.close();
      }
    },
    120_000,
  );

  it('finds what is real behind the SYN proxy of the kernel', async () => {
    running.push(await serveWeb(host, [WEB]));
    running.push(await serveSsh(host, [SHELL]));
    synProxy(host);
    const found = onlyHost(await scan(host.far.v4, '1-2000'));
    expect(groupsOf(found)).toEqual([['reset-after-handshake', 1998]]);
    expect(portsOf(found, 'verified')).toEqual([WEB, SHELL]);
  }, 120_000);

  it('verifies nothing on a host that has another face on every port', async () => {
    await pretend(host, 'many-faces');
    const found = onlyHost(await scan(host.far.v4, '1-60'));
    expect(found.counts).toMatchObject({ open: 60, verified: 0 });
    expect(found.ports.length + groupsOf(found).length).toBeGreaterThan(0);
  }, 120_000);

  it('says that a host has shut us out, and calls none of its ports a phantom', async () => {
    const ports = [WEB, 8001, 8002, 8003];
    running.push(await serveWeb(host, ports));
    shunAfter(host, ports.length);
    const report = await scan(host.far.v4, ports.join(','));
    const found = onlyHost(report);
    expect(found.counts.open).toBe(ports.length);
    expect(found.counts.phantom ?? 0).toBe(0);
    expect(found.shuns?.evidence).toHaveLength(1);
    expect(report.scan.problems.map(({ code }) => code)).toEqual(['HOST_SHUNS']);
  }, 200_000);

  it.each([1, 40, 300])(
    'calls none of %i real services a phantom, nor what hangs up or is mute beside them',
    async (count) => {
      const ports = Array.from({ length: count }, (_, at) => 1100 + 3 * at);
      const shells = ports.slice(0, Math.min(16, Math.ceil(count / 4)));
      const webs = ports.slice(shells.length);
      running.push(await serveSsh(host, shells));
      running.push(await serveWeb(host, webs.length === 0 ? [WEB] : webs));
      const real = webs.length === 0 ? [WEB, ...ports] : ports;
      await pretendAt(host, 2001, 'resets');
      await pretendAt(host, 2002, 'mute');
      const found = onlyHost(await scan(host.far.v4, '1-2100'));
      expect(portsOf(found, 'verified')).toEqual(real);
      expect(portsOf(found, 'unverified')).toEqual([2001, 2002]);
      expect(found.ports.find(({ port }) => port === 2001)?.doubts).toHaveLength(1);
      expect(found.phantoms).toBeUndefined();
      expect(found.counts).toMatchObject({
        open: real.length + 2,
        verified: real.length,
        phantom: 0,
      });
    },
    200_000,
  );

  it('finds nginx and OpenSSH among all 65,535 ports of a honeypot', async () => {
    running.push(await serveWeb(host, [WEB]));
    running.push(await serveSsh(host, [SHELL]));
    await pretend(host, 'web-page', [WEB, SHELL]);
    const found = onlyHost(await scan(host.far.v4, '-'));
    // nothing is sent to the ports of printers, 9100 to 9107
    const printers = Array.from({ length: 8 }, (_, at) => 9100 + at);
    expect(portsOf(found, 'unverified')).toEqual(printers);
    expect(groupsOf(found)).toEqual([['same-answer-everywhere', 65_525]]);
    expect(portsOf(found, 'verified')).toEqual([WEB, SHELL]);
  }, 400_000);

  it.each(['epoll', 'node'])(
    'knows phantoms over IPv6 with the engine %s',
    async (engine) => {
      await pretend(host, 'resets');
      const found = onlyHost(await scan(host.far.v6, '1-300', engine));
      expect(groupsOf(found)).toEqual([['reset-after-handshake', 300]]);
    },
    120_000,
  );

  it('knows by node:net too that ports say the same', async () => {
    running.push(await serveWeb(host, [WEB]));
    await pretend(host, 'ssh-greeting', [WEB]);
    const found = onlyHost(await scan(host.far.v4, '1-300', 'node'));
    expect(groupsOf(found)).toEqual([['same-answer-everywhere', 299]]);
    expect(portsOf(found, 'verified')).toEqual([WEB]);
  }, 120_000);
});
