import { spawnSync } from 'node:child_process';
import type { Command } from '../../src/firewall/kind.ts';
import type { Machine } from '../../src/model/machine.ts';
import { type Libc, loadLibc, rawBuffer } from '../../src/net/linux/libc.ts';
import { writeMessage } from '../../src/net/linux/netlink-message.ts';
import { SO_SNDBUFFORCE } from '../../src/net/linux/raw-send.ts';
import {
  AF_PACKET,
  bindToInterface,
  openSocket,
  SOCK_RAW,
  SOL_SOCKET,
  setOption,
} from '../../src/net/linux/raw-socket.ts';
import { AF_INET, AF_INET6 } from '../../src/net/linux/sockaddr.ts';
import { findCommand } from '../helpers/needs.ts';
import { inNamespace, onOneProcessor } from './enter.ts';
import { frameOf, ID_STEP, type LabPacket, readFrame, readTransport, type Seen } from './frames.ts';
import { makeNamespace, type Namespace } from './namespace.ts';

export type { LabPacket } from './frames.ts';

/** Rules to load; what is absent is empty. */
export interface LabRules {
  /** Text of `nft -f`. */
  readonly nft?: string;
  /** Texts of `iptables-restore` and `ip6tables-restore`. */
  readonly iptables?: string;
  readonly ip6tables?: string;
  /** Text of `ipset restore`. */
  readonly ipset?: string;
  /** Of `iptables` and `ip6tables`; `nft` unless said otherwise. */
  readonly backend?: 'nft' | 'legacy';
}

/**
 * What the kernel did with a packet. `port` and `address` are what it had in the end, after
 * translation. `reject`: it was answered by a reset or an ICMP error.
 */
export type LabFate =
  | { readonly fate: 'accept'; readonly path: 'input'; readonly port: number }
  | {
      readonly fate: 'accept';
      readonly path: 'forward';
      readonly port: number;
      readonly device: string;
    }
  | { readonly fate: 'drop' | 'reject' };

/** A host of its own with several devices, whose kernel holds real packets against real rules. */
export interface FirewallLab {
  /** The host as `evaluate` is to know it. */
  readonly machine: Machine;
  /** The namespace it is: for commands and rules. */
  readonly namespace: Namespace;
  /** Replaces all rules; returns what the tools complained of, empty when all was loaded. */
  load(rules: LabRules): string;
  /**
   * Sends the packets in their order and says what became of each. Packets of one call should differ
   * in addresses or ports: two that are alike are one connection.
   */
  send(packets: readonly LabPacket[]): LabFate[];
  /** Runs a command on the host and returns what it printed; fails when the command does. */
  read(command: string, ...args: string[]): string;
  /** Carries out a step of a `Script`; fails when the command does. */
  run(command: Command): void;
  close(): void;
}

interface Cable {
  readonly device: string;
  readonly v4: string;
  readonly v6: string;
  /** Networks behind it, besides what goes the default way. */
  readonly routes: readonly string[];
}

/** Documentation addresses (RFC 5737, RFC 3849): nothing of this leaves the two namespaces. */
const CABLES: readonly Cable[] = [
  {
    device: 'eth0',
    v4: '192.0.2.1',
    v6: '2001:db8::1',
    routes: ['192.0.2.0/24', '2001:db8::/64', '0.0.0.0/0', '::/0'],
  },
  {
    device: 'eth1',
    v4: '198.51.100.1',
    v6: '2001:db8:1::1',
    routes: ['198.51.100.0/24', '2001:db8:1::/64'],
  },
  {
    device: 'docker0',
    v4: '172.17.0.1',
    v6: 'fd00:17::1',
    routes: ['172.17.0.0/16', 'fd00:17::/64'],
  },
];
const GATEWAY = { v4: '192.0.2.254', v6: 'fe80::fe' };

/** An EtherType for experiments (IEEE 802): no IP handler sees the frames that mark an end. */
const MARKER_TYPE = 0x88b5;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
/** NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE; without attributes it deletes all. */
const CONNTRACK_DELETE = 0x102;
const NLM_F_REQUEST_ACK = 5;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
const BUFFER_BYTES = 4 << 20;
const FRAME_BYTES = 2048;
/** Bounds a hang: markers come back within a millisecond. */
const MARKER_WAIT_MS = 5000;
/** First number that packets carry: no other field of an answer looks like it. */
const FIRST_ID = 0xa100_0000;
/** The tables of iptables with their chains. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};
/** Tables without rules and with open policies, for `iptables-restore`. */
const EMPTY_TABLES = Object.entries(TABLES)
  .map(([table, chains]) => {
    const policies = chains
      .map(
        (chain) => `:${chain} ACCEPT [0:0]
`,
      )
      .join('');
    return `*${table}
${policies}COMMIT
`;
  })
  .join('');

/** Makes the host and its cables. Needs root, `nft` and `nsenter`. */
export async function makeFirewallLab(): Promise<FirewallLab> {
  const libc = await loadLibc();
  const host = makeNamespace();
  const wire = makeNamespace();
  for (const { name, far } of [host, wire]) ip('-n', name, 'link', 'del', far.device);
  quiet(host);
  quiet(wire);
  CABLES.forEach((cable, at) => {
    connect(host, wire, cable, at);
  });
  return new Lab(libc, host, wire);
}

class Lab implements FirewallLab {
  readonly namespace: Namespace;
  readonly machine: Machine = {
    hostname: 'lab',
    system: 'linux',
    devices: [
      {
        name: 'lo',
        addresses: [
          { address: '127.0.0.1', prefix: 8 },
          { address: '::1', prefix: 128 },
        ],
        loopback: true,
        up: true,
      },
      ...CABLES.map(({ device, v4, v6 }) => ({
        name: device,
        addresses: [
          { address: v4, prefix: 32 },
          { address: v6, prefix: 128 },
        ],
        loopback: false,
        up: true,
      })),
    ],
    routes: CABLES.flatMap(({ device, routes }) => routes.map((to) => ({ to, device }))),
  };
  readonly #libc: Libc;
  readonly #wire: Namespace;
  readonly #senders: ReadonlyMap<string, number>;
  readonly #markers: number;
  readonly #inputs: readonly RawInput[];
  readonly #outputs: readonly number[];
  readonly #conntrack: number;
  readonly #memory = rawBuffer(FRAME_BYTES);
  #nextId = FIRST_ID;
  #legacyUsed = false;
  #setsUsed = false;

  constructor(libc: Libc, host: Namespace, wire: Namespace) {
    this.#libc = libc;
    this.namespace = host;
    this.#wire = wire;
    this.#senders = inNamespace(wire.name, () => openSenders(libc));
    this.#outputs = inNamespace(wire.name, () => [
      openPacket(libc, 0, ETH_P_IP),
      openPacket(libc, 0, ETH_P_IPV6),
    ]);
    this.#markers = inNamespace(host.name, () => openPacket(libc, 0, MARKER_TYPE));
    this.#inputs = inNamespace(host.name, () => openInputs(libc));
    this.#conntrack = inNamespace(host.name, () =>
      checked(openSocket(libc, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), 'netlink'),
    );
  }

  load({ nft = '', iptables, ip6tables, ipset, backend = 'nft' }: LabRules): string {
    const legacy = backend === 'legacy';
    const said: string[] = [];
    if (this.#legacyUsed) {
      said.push(this.#run('iptables-legacy-restore', EMPTY_TABLES, '-w'));
      said.push(this.#run('ip6tables-legacy-restore', EMPTY_TABLES, '-w'));
      this.#legacyUsed = false;
    }
    const own = iptables === undefined && ip6tables === undefined;
    said.push(this.#run('nft', own ? `flush ruleset\n${nft}` : 'flush ruleset\n', '-f', '-'));
    if (this.#setsUsed) said.push(this.#run('ipset', '', 'destroy'));
    if (ipset !== undefined) said.push(this.#run('ipset', ipset, 'restore'));
    this.#setsUsed = ipset !== undefined;
    this.#legacyUsed = legacy && !own;
    if (iptables !== undefined) said.push(this.#run(`iptables-${backend}-restore`, iptables, '-w'));
    if (ip6tables !== undefined) {
      said.push(this.#run(`ip6tables-${backend}-restore`, ip6tables, '-w'));
    }
    if (!own && nft !== '') said.push(this.#run('nft', nft, '-f', '-'));
    return said.filter((text) => text !== '').join('\n');
  }

  read(command: string, ...args: string[]): string {
    const { status, stdout, stderr } = this.#spawn(command, args, '');
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  run({ argv: [command = '', ...args], stdin = '' }: Command): void {
    const said = this.#run(command, stdin, ...args);
    if (said !== '') throw new Error(said);
    // Its rules are to be cleared away as well.
    this.#legacyUsed ||= command.includes('legacy');
  }

  #run(command: string, input: string, ...args: string[]): string {
    const { status, stderr } = this.#spawn(command, args, input);
    return status === 0 ? '' : `${command}: ${stderr.trim() || `exit code ${status}`}`;
  }

  /** Through nsenter, which fails when it cannot enter: never in our own namespace. */
  #spawn(command: string, args: readonly string[], input: string) {
    const path = findCommand(command) ?? command;
    const enter = [`--net=/run/netns/${this.namespace.name}`, '--', path, ...args];
    const { error, ...ended } = spawnSync(findCommand('nsenter') ?? 'nsenter', enter, {
      input,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      maxBuffer: 1 << 28,
    });
    if (error !== undefined) throw error;
    return ended;
  }

  send(packets: readonly LabPacket[]): LabFate[] {
    this.#forgetConnections();
    this.#drain(new Map());
    const first = this.#nextId;
    this.#nextId += packets.length * ID_STEP;
    const fates = new Map<number, LabFate>();
    onOneProcessor(() => {
      packets.forEach((packet, at) => {
        this.#sendFrame(packet, first + at * ID_STEP);
      });
      // The second mark comes behind what the host handed on before it read the first.
      this.#awaitMarker();
      this.#awaitMarker();
      this.#drain(fates);
    });
    return packets.map((_, at) => fates.get(first + at * ID_STEP) ?? { fate: 'drop' });
  }

  #sendFrame(packet: LabPacket, id: number): void {
    const at = CABLES.findIndex(({ device }) => device === packet.device);
    const frame = frameOf(packet, id, wireMac(at), hostMac(at));
    this.#transmit(packet.device, frame);
  }

  #transmit(device: string, frame: Buffer): void {
    const fd = this.#senders.get(device);
    if (fd === undefined) throw new Error(`the lab has no device ${device}`);
    checked(this.#libc.send(fd, frame, frame.length, 0), 'send');
  }

  #awaitMarker(): void {
    CABLES.forEach(({ device }, at) => {
      const type = Buffer.from([MARKER_TYPE >> 8, MARKER_TYPE & 0xff]);
      this.#transmit(device, Buffer.concat([hostMac(at), wireMac(at), type, Buffer.alloc(46)]));
    });
    for (let seen = 0; seen < CABLES.length; seen += 1) {
      const entry = rawBuffer(8);
      entry.writeInt32LE(this.#markers, 0);
      entry.writeInt16LE(1, 4);
      if (this.#libc.poll(entry, 1, MARKER_WAIT_MS) !== 1) throw new Error('a marker was lost');
      this.#libc.recv(this.#markers, this.#memory, FRAME_BYTES, MSG_DONTWAIT);
    }
  }

  #drain(fates: Map<number, LabFate>): void {
    for (const fd of this.#outputs) {
      for (let frame = this.#receive(fd); frame !== null; frame = this.#receive(fd)) {
        const seen = readFrame(frame);
        if (seen === null || fates.get(seen.id)?.fate === 'accept') continue;
        fates.set(seen.id, seen.refusal ? { fate: 'reject' } : forwarded(seen, frame));
      }
    }
    for (const { fd, protocol, skip } of this.#inputs) {
      for (let bytes = this.#receive(fd); bytes !== null; bytes = this.#receive(fd)) {
        const seen = readTransport(bytes.subarray(skip), protocol);
        if (seen !== null) fates.set(seen.id, { fate: 'accept', path: 'input', port: seen.port });
      }
    }
  }

  #receive(fd: number): Buffer | null {
    const length = this.#libc.recv(fd, this.#memory, FRAME_BYTES, MSG_DONTWAIT);
    return length < 0 ? null : this.#memory.subarray(0, length);
  }

  #forgetConnections(): void {
    const request = writeMessage(CONNTRACK_DELETE, NLM_F_REQUEST_ACK, 1, Buffer.alloc(4));
    checked(this.#libc.send(this.#conntrack, request, request.length, 0), 'conntrack');
    const answer = this.#receiveAnswer();
    if (answer !== 0) throw new Error(`conntrack tables cannot be emptied: error ${-answer}`);
  }

  #receiveAnswer(): number {
    const length = this.#libc.recv(this.#conntrack, this.#memory, FRAME_BYTES, 0);
    return length < 20 ? -1 : this.#memory.readInt32LE(16);
  }

  close(): void {
    const inputs = this.#inputs.map(({ fd }) => fd);
    const all = [...this.#senders.values(), ...this.#outputs, ...inputs];
    for (const fd of [...all, this.#markers, this.#conntrack]) this.#libc.close(fd);
    this.namespace.close();
    this.#wire.close();
  }
}

/** A raw socket gets every packet of its protocol that got past the input hooks (raw(7)). */
interface RawInput {
  readonly fd: number;
  readonly protocol: number;
  /** Bytes before the transport header: IPv6 hands over none. */
  readonly skip: number;
}

function openInputs(libc: Libc): RawInput[] {
  const v4 = [1, 6, 17].map((protocol) => ({ domain: AF_INET, protocol, skip: 20 }));
  const v6 = [58, 6, 17].map((protocol) => ({ domain: AF_INET6, protocol, skip: 0 }));
  return [...v4, ...v6].map(({ domain, protocol, skip }) => {
    const fd = checked(openSocket(libc, domain, SOCK_RAW, protocol), 'raw socket');
    setOption(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES);
    return { fd, protocol, skip };
  });
}

function openPacket(libc: Libc, device: number, protocol: number): number {
  const fd = checked(openSocket(libc, AF_PACKET, SOCK_RAW, 0), 'packet socket');
  setOption(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES);
  setOption(libc, fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES);
  checked(bindToInterface(libc, fd, device, protocol), 'bind');
  return fd;
}

/** Protocol 0 receives nothing: these only send. */
function openSenders(libc: Libc): Map<string, number> {
  return new Map(
    CABLES.map(({ device }, at) => [device, openPacket(libc, libc.interfaceIndex(wireEnd(at)), 0)]),
  );
}

function forwarded({ port }: Seen, frame: Buffer): LabFate {
  const device = CABLES[frame[5] ?? 0]?.device ?? '';
  return { fate: 'accept', path: 'forward', port, device };
}

function checked(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: error ${-result}`);
  return result;
}

function wireEnd(at: number): string {
  return `w${at}`;
}

/** The last byte tells the cable. */
function hostMac(at: number): Buffer {
  return Buffer.from([2, 0, 0, 0, 1, at]);
}

function wireMac(at: number): Buffer {
  return Buffer.from([2, 0, 0, 0, 2, at]);
}

function macText(mac: Buffer): string {
  return mac.toString('hex').replace(/..(?=.)/g, '$&:');
}

/** No source checks, no address configuration, no limit on ICMP errors. */
function quiet({ name }: Namespace): void {
  const every = (key: string, value: number) =>
    ['all', 'default'].map((device) => `net.${key.replace('*', `conf.${device}`)}=${value}`);
  const settings = [
    ...every('ipv4.*.rp_filter', 0),
    ...every('ipv4.*.send_redirects', 0),
    ...every('ipv6.*.accept_ra', 0),
    ...every('ipv6.*.accept_dad', 0),
    ...every('ipv6.*.router_solicitations', 0),
    'net.ipv6.conf.default.addr_gen_mode=1',
    'net.ipv4.icmp_ratelimit=0',
    'net.ipv4.icmp_msgs_per_sec=1000000',
    'net.ipv4.icmp_msgs_burst=1000000',
    'net.ipv6.icmp.ratelimit=0',
  ];
  inside(name, 'sysctl', '-qw', ...settings);
}

function connect(host: Namespace, wire: Namespace, cable: Cable, at: number): void {
  const { device, v4, v6, routes } = cable;
  const end = wireEnd(at);
  ip('-n', host.name, 'link', 'add', device, 'type', 'veth', 'peer', end, 'netns', wire.name);
  for (const [name, link, mac] of [
    [host.name, device, hostMac(at)],
    [wire.name, end, wireMac(at)],
  ] as const) {
    ip('-n', name, 'link', 'set', link, 'address', macText(mac), 'up');
  }
  ip('-n', host.name, 'addr', 'add', `${v4}/32`, 'dev', device);
  ip('-n', host.name, 'addr', 'add', `${v6}/128`, 'dev', device, 'nodad');
  for (const gateway of [GATEWAY.v4, GATEWAY.v6]) {
    const lladdr = ['lladdr', macText(wireMac(at)), 'dev', device, 'nud', 'permanent'];
    ip('-n', host.name, 'neigh', 'add', gateway, ...lladdr);
  }
  for (const to of routes) {
    const gateway = to.includes(':') ? GATEWAY.v6 : GATEWAY.v4;
    ip('-n', host.name, 'route', 'add', to, 'via', gateway, 'dev', device, 'onlink');
  }
  inside(host.name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
}

function ip(...args: string[]): void {
  plain('ip', ...args);
}

function inside(name: string, command: string, ...args: string[]): void {
  plain('nsenter', `--net=/run/netns/${name}`, '--', findCommand(command) ?? command, ...args);
}

function plain(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(findCommand(command) ?? command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
