import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evaluate } from '../../src/firewall/evaluate.ts';
import type { Allowance, Change, Intent, Kind, Script } from '../../src/firewall/kind.ts';
import { firewalld } from '../../src/firewall/kinds/firewalld/firewalld.ts';
import { ufw } from '../../src/firewall/kinds/ufw/ufw.ts';
import { type FirewallLab, makeFirewallLab } from '../lab/firewall-lab.ts';
import { questionOf } from '../lab/firewall-packets.ts';
import type { LabPacket } from '../lab/frames.ts';
import {
  firewalldMet,
  type ManagedFirewall,
  startFirewalld,
  startUfw,
  ufwMet,
} from '../lab/managed-firewalls.ts';

// The managers take a second for a command where the machine has other work.
vi.setConfig({ testTimeout: 180_000 });

const CHANGE: Change = { transport: 'tcp', port: 22, families: [4, 6], reason: "it's a test" };
const SOURCES = ['203.0.113.9', '203.0.113.77', '10.1.2.3', '2001:db8:9::9', 'fd12::3'];

/** 22 and 80 of all sources, over TCP. */
const PACKETS: LabPacket[] = [22, 80].flatMap((port) =>
  SOURCES.map((source, at) => ({
    device: at === 1 ? 'eth1' : 'eth0',
    source,
    destination: source.includes(':') ? '2001:db8::1' : '192.0.2.1',
    protocol: 'tcp',
    sourcePort: 2000 + port,
    port,
  })),
);

interface Subject {
  readonly kind: Kind;
  readonly isMet: () => boolean;
  readonly start: (lab: FirewallLab) => Promise<ManagedFirewall>;
  /** Lets 22 and 80 in from anyone. */
  readonly open: readonly (readonly string[])[];
  /** Takes up changed files. */
  readonly load: readonly string[];
  /** Zones that `open` binds something to. */
  readonly bound: readonly string[];
}

const SUBJECTS: readonly Subject[] = [
  {
    kind: ufw,
    isMet: ufwMet,
    start: (lab) => startUfw(lab.namespace),
    open: [
      ['ufw', '--force', 'enable'],
      ['ufw', 'allow', '80/tcp'],
      ['ufw', 'limit', 'OpenSSH'],
      ['ufw', 'allow', '22/tcp', 'comment', 'way in'],
      ['ufw', 'allow', 'from', '10.0.0.0/8', 'to', 'any', 'port', '22', 'proto', 'tcp'],
    ],
    load: ['ufw', 'reload'],
    bound: [],
  },
  {
    kind: firewalld,
    isMet: firewalldMet,
    start: (lab) => startFirewalld(lab.namespace),
    open: [
      ['firewall-cmd', '--permanent', '--add-port=80/tcp'],
      ['firewall-cmd', '--permanent', '--zone=work', '--add-interface=eth1'],
      ['firewall-cmd', '--permanent', '--zone=work', '--add-port=80/tcp'],
      ['firewall-cmd', '--permanent', '--zone=trusted', '--add-source=10.0.0.0/8'],
      ['firewall-cmd', '--reload'],
    ],
    load: ['firewall-cmd', '--reload'],
    bound: ['/etc/firewalld/zones/work.xml', '/etc/firewalld/zones/trusted.xml'],
  },
];

describe.each(SUBJECTS)('a change in $kind.name', ({ kind, isMet, start, open, load, bound }) => {
  let lab: FirewallLab;
  let firewall: ManagedFirewall;

  beforeEach(async (context) => {
    context.skip(!isMet());
    lab = await makeFirewallLab();
    firewall = await start(lab);
    for (const [command = '', ...args] of open) firewall.exec(command, ...args);
  });

  afterEach(async () => {
    await firewall?.close();
    lab?.close();
  });

  function carryOut(commands: Script['apply']): void {
    for (const command of commands) firewall.carryOut(command);
  }

  /** Sources that get through to a port, by what the kernel does; checked against what is said. */
  function through(port: number): string[] {
    // So that ufw's `limit` does not count the packets of earlier questions.
    lab.read('sh', '-c', 'for f in /proc/net/xt_recent/*; do [ ! -e $f ] || echo / > $f; done');
    const fates = lab.send(PACKETS);
    const layer = kind.read(firewall.sources(), 'live');
    const said = PACKETS.map((packet) =>
      evaluate([layer], questionOf(packet), lab.machine).map(({ fate }) => fate),
    );
    const live = isLive ? fates.map(({ fate }) => [fate]) : said;
    expect(said).toEqual(live);
    return PACKETS.filter((packet, at) => packet.port === port && fates[at]?.fate === 'accept').map(
      ({ source }) => source,
    );
  }
  /** Whether the files say what the kernel does. */
  let isLive = true;

  function change(part: Partial<Change>): Script {
    return kind.change({ ...CHANGE, ...part }, [kind.read(firewall.sources(), 'live')]);
  }

  it('closes a port for all, and opens it again exactly', () => {
    expect(through(22)).toEqual(SOURCES);
    const before = firewall.sources();
    const script = change({});
    isLive = kind === ufw;
    carryOut(script.apply);
    expect(through(22)).toEqual([]);
    expect(through(80)).toEqual(SOURCES);
    carryOut(script.undo);
    expect(through(22)).toEqual(SOURCES);
    expect(firewall.sources()).toEqual(before);
    isLive = true;
    carryOut(script.apply);
    carryOut(script.persist as Script['apply']);
    firewall.exec(load[0] ?? '', ...load.slice(1));
    expect(through(22)).toEqual([]);
  });

  it('leaves a port open for some networks', () => {
    const before = firewall.sources();
    const script = change({ only: ['10.0.0.0/8', '203.0.113.9', 'fd12::/16'] });
    isLive = kind === ufw;
    carryOut(script.apply);
    expect(through(22)).toEqual(['203.0.113.9', '10.1.2.3', 'fd12::3']);
    expect(through(80)).toEqual(SOURCES);
    carryOut(script.undo);
    expect(firewall.sources()).toEqual(before);
    expect(through(22)).toEqual(SOURCES);
    isLive = true;
  });

  it('is made again for other networks', () => {
    const commands = (script: Script) => [...script.apply, ...script.persist] as Script['apply'];
    carryOut(commands(change({ only: ['10.0.0.0/8'] })));
    const before = firewall.sources();
    const second = change({ only: ['2001:db8:9::/64'] });
    carryOut(commands(second));
    expect(through(22)).toEqual(['2001:db8:9::9']);
    carryOut(second.undo);
    expect(kind === ufw ? firewall.sources() : before).toEqual(before);
    isLive = kind === ufw;
    expect(through(22)).toEqual(['10.1.2.3']);
    isLive = true;
  });

  it('leaves one family as it is', () => {
    const script = change({ families: [6] });
    isLive = kind === ufw;
    carryOut(script.apply);
    expect(through(22)).toEqual(SOURCES.filter((source) => !source.includes(':')));
    isLive = true;
  });

  it('leaves a port open on one device', () => {
    const script = change({ device: 'eth1' });
    isLive = kind === ufw;
    carryOut(script.apply);
    expect(through(22)).toEqual(['203.0.113.77']);
    isLive = true;
  });

  it('writes a configuration that does what it is to do', () => {
    const allowance = { transport: 'tcp', families: [4, 6] } as const;
    const allow: Allowance[] = [
      { ...allowance, ports: [80, 90], families: [6], comment: 'web -- "v6"' },
      { ...allowance, ports: [22, 22], from: ['10.0.0.0/8', 'fd12::/16'] },
      { ...allowance, ports: [80, 80], device: 'eth1' },
      { ...allowance, ports: [22, 22], from: many() },
    ];
    const intent: Intent = { allow };
    const files = kind.write(intent);
    // It is for a host without a configuration.
    for (const path of bound) firewall.write(path, '<zone/>');
    for (const { path, text } of files) firewall.write(path, text);
    firewall.exec(load[0] ?? '', ...load.slice(1));
    expect(through(22)).toEqual(['203.0.113.77', '10.1.2.3', 'fd12::3']);
    expect(through(80)).toEqual(['203.0.113.77', '2001:db8:9::9', 'fd12::3']);
    const own = kind.read(
      files.map(({ path, text }) => ({ origin: path, text })),
      'saved',
    );
    expect(own.unread).toEqual([]);
  });
});

/** Networks of one family, more than a few rules hold. */
function many(): string[] {
  return Array.from({ length: 40 }, (_, at) => `203.0.113.${at * 2 + 1}`).filter(
    (address) => address !== '203.0.113.9',
  );
}

describe.skipIf(!firewalldMet())('networks of a country', () => {
  it('go into a set of firewalld', async () => {
    const lab = await makeFirewallLab();
    const firewall = await startFirewalld(lab.namespace);
    try {
      const before = firewall.sources();
      const only = Array.from({ length: 5000 }, (_, at) => `11.${at >> 7}.${(at & 127) * 2}.0/24`);
      const layer = firewalld.read(before, 'live');
      const script = firewalld.change({ ...CHANGE, only: [...only, '203.0.113.9'] }, [layer]);
      for (const command of script.apply) firewall.carryOut(command);
      const fates = lab.send(PACKETS).map(({ fate }) => fate === 'accept');
      expect(fates).toEqual([true, ...Array<boolean>(PACKETS.length - 1).fill(false)]);
      for (const command of script.undo) firewall.carryOut(command);
      const own = (origin: string) => origin.includes('postern') || origin.includes('zones/public');
      const rest = (sources: typeof before) => sources.filter(({ origin }) => !own(origin));
      expect(rest(firewall.sources())).toEqual(rest(before));
      expect(lab.send(PACKETS)[3]?.fate).toBe('accept');
    } finally {
      await firewall.close();
      lab.close();
    }
  });
});
