import type { Ranges } from './ranges.ts';

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** Names of the firewall kinds, as users write them. */
export const KIND_NAMES = [
  'nftables',
  'iptables',
  'ufw',
  'firewalld',
  'windows',
  'aws',
  'pf',
  'opnsense',
  'cisco',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

/**
 * One set of rules that decides about packets: what every firewall is read into.
 *
 * Layers of role `live` and `central` are asked one after the other and all must let a packet
 * through. A `saved` layer (ufw's files, `/etc/nftables.conf`) is what its tool would load: it is
 * compared with the live one and asked only where no live one was read.
 */
export interface Layer {
  readonly kind: KindName;
  /** Command or file it was read from. */
  readonly origin: string;
  readonly role: 'live' | 'saved' | 'central';
  readonly tables: readonly Table[];
  /**
   * What could not be read, a sentence each (`/etc/ufw/user6.rules: permission denied`). Not empty:
   * an answer in which this layer has no drop is `unknown`, never `accept`.
   */
  readonly unread: readonly string[];
}

export interface Table {
  readonly name: string;
  /** `inet`: both families. A `bridge`, `arp` or `netdev` table's chains see packets before any IP hook. */
  readonly family: 'ip' | 'ip6' | 'inet' | 'bridge' | 'netdev' | 'arp';
  readonly chains: readonly Chain[];
  /** Rules of a dormant nftables table exist and do nothing. */
  readonly dormant?: boolean;
}

export type HookPoint = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** Where a base chain is attached (nft(8), "Netfilter hooks"). Layers without hooks of their own use `input`. */
export interface Hook {
  readonly point: HookPoint;
  /** Lower is asked first: -300 raw, -150 mangle, -100 dnat, 0 filter, 50 security, 100 snat. */
  readonly priority: number;
  readonly type: 'filter' | 'nat' | 'route';
  /** Of `ingress` chains: the devices they are attached to. */
  readonly devices?: readonly string[];
}

export interface Chain {
  readonly name: string;
  /** Absent: reached only by jump, goto or map. */
  readonly hook?: Hook;
  /** Of base chains: what happens to what no rule decided. */
  readonly policy?: 'accept' | 'drop' | 'reject';
  /** `last`: the last matching rule decides, unless one marked `quick` matches before (pf.conf(5)). */
  readonly order?: 'first' | 'last';
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly handle?: string;
  /** Line in the text it was read from, from 1. */
  readonly line?: number;
  /** As its own tool writes it, one line. */
  readonly text: string;
  readonly comment?: string;
  /** In a chain of order `last`. */
  readonly quick?: boolean;
  /** Done in their order; a test that fails ends the rule without undoing what came before. */
  readonly steps: readonly Step[];
}

export type Step = Test | Action;

/** Fields whose value is a number. */
export type NumberField =
  | 'protocol' // IANA number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6
  | 'source-port'
  | 'destination-port'
  | 'original-port' // destination port before translation (ct original)
  | 'icmp-type'
  | 'icmp-code'
  | 'hop-limit' // TTL of IPv4; the sender chose it, so no answer depends on it for certain
  | 'mark'
  | 'connection-mark';

export type AddressField = 'source' | 'destination' | 'original-destination';

/** Fields whose value is one of a few words or names. */
export type NameField =
  | 'in-device'
  | 'out-device'
  | 'state' // new, established, related, invalid, untracked
  | 'status' // dnat, snat: what was done to the connection
  | 'direction' // original, reply
  | 'source-type' // local, unicast, broadcast, multicast, anycast, blackhole … (fib, addrtype)
  | 'destination-type'
  | 'packet-type'; // host, broadcast, multicast, other

export type Field = NumberField | AddressField | NameField | 'family';

/** Addresses of one family. */
export interface AddressRanges {
  readonly family: Family;
  readonly ranges: Ranges<bigint>;
}

/**
 * What a packet is held against. A test on addresses never matches a packet of the other family,
 * negated or not; a test on ports never matches a protocol that has none (6, 17, 33, 132, 136 have),
 * nor one on ICMP types a protocol that is not 1 or 58.
 */
export type Test =
  | { readonly test: 'family'; readonly family: Family }
  | {
      readonly test: 'number';
      readonly field: NumberField;
      /** Applied to the value first. */
      readonly mask?: number;
      readonly in: Ranges<number>;
      readonly not?: boolean;
    }
  | {
      readonly test: 'address';
      readonly field: AddressField;
      readonly in: AddressRanges;
      readonly not?: boolean;
    }
  /** A name ending in `*` stands for all that begin so. */
  | {
      readonly test: 'name';
      readonly field: NameField;
      readonly in: readonly string[];
      readonly not?: boolean;
    }
  /** TCP flags: (flags & mask) is one of `in`; FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
  | {
      readonly test: 'tcp-flags';
      readonly mask: number;
      readonly in: readonly number[];
      readonly not?: boolean;
    }
  /** Several fields at once (a concatenation): one row must match in all its cells. */
  | {
      readonly test: 'tuple';
      readonly fields: readonly Field[];
      readonly rows: readonly (readonly Cell[])[];
      readonly not?: boolean;
    }
  /** Holds below a rate or count (`10/minute`, `3 connections per source`), or with `over` above it. One first packet is below. */
  | { readonly test: 'limit'; readonly over: boolean; readonly text: string }
  /**
   * Never matches: `-m state --state` of nothing, an empty set. `odd`: it waits for packets that open no
   * connection or need not be sent so, with a fragment or an extension header: no fault of its rule.
   */
  | { readonly test: 'never'; readonly odd?: true }
  /**
   * Not understood: may match or not. `merged`: its tool may have loaded it as one comparison with the test
   * beside it, which matches more than both.
   */
  | { readonly test: 'opaque'; readonly text: string; readonly merged?: true };

/**
 * What a cell of a tuple or map key holds; `any` matches every value, of packets that have the field
 * at all. A `family` has the numbers 4 and 6.
 */
export type Cell =
  | { readonly numbers: Ranges<number> }
  | { readonly addresses: AddressRanges }
  | { readonly names: readonly string[] }
  | 'any';

export type Action =
  | { readonly do: 'accept' | 'drop' | 'reject' | 'return' }
  | { readonly do: 'jump' | 'goto'; readonly chain: string }
  /** The first row whose cells all match is done; none: the rule ends as if a test had failed. */
  | {
      readonly do: 'map';
      readonly fields: readonly Field[];
      readonly rows: readonly { readonly key: readonly Cell[]; readonly action: Action }[];
    }
  /** Destination translation; absent parts stay as they are. Ranges: one of them is taken. */
  | {
      readonly do: 'dnat';
      readonly to?: AddressRanges;
      readonly ports?: Ranges<number>;
    }
  /** Destination translation to the address of the device that the packet came in on. */
  | { readonly do: 'redirect'; readonly ports?: Ranges<number> }
  /** Source translation: does not decide who gets in. */
  | { readonly do: 'snat' }
  /** new = (old & and) ^ xor */
  | {
      readonly do: 'set-mark';
      readonly field: 'mark' | 'connection-mark';
      readonly and: number;
      readonly xor: number;
    }
  /** One mark becomes a copy of the other. */
  | { readonly do: 'copy-mark'; readonly to: 'mark' | 'connection-mark' }
  | { readonly do: 'notrack' }
  /** Not understood: anything may have happened to the packet. */
  | { readonly do: 'opaque'; readonly text: string };
