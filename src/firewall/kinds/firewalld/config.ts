import type { Family } from '../../layer.ts';

/** `80/tcp`, `1000-2000/udp`. */
export interface PortSpec {
  readonly port: string;
  readonly protocol: string;
}

export interface ForwardPort extends PortSpec {
  readonly toPort?: string;
  readonly toAddress?: string;
}

/** Source or destination of a rich rule: exactly one of the three. */
export interface Peer {
  readonly not: boolean;
  readonly address?: string;
  readonly mac?: string;
  readonly ipset?: string;
}

export type RichElement =
  | ({ readonly is: 'port' | 'source-port' } & PortSpec)
  | ({ readonly is: 'forward-port' } & ForwardPort)
  | { readonly is: 'service' | 'icmp-block' | 'icmp-type'; readonly name: string }
  | { readonly is: 'protocol'; readonly value: string }
  | { readonly is: 'masquerade' | 'tcp-mss-clamp' };

export interface RichAction {
  readonly do: 'accept' | 'reject' | 'drop' | 'mark';
  /** `10/m` */
  readonly limit?: string;
  /** Of `mark`: `0x1/0xff` */
  readonly set?: string;
}

/** A rule of firewalld.richlanguage(5). */
export interface RichRule {
  /** In the form of `firewall-cmd --add-rich-rule`. */
  readonly text: string;
  readonly family?: Family;
  readonly priority: number;
  readonly source?: Peer;
  readonly destination?: Peer;
  readonly element?: RichElement;
  /** Absent: the rule only logs, or its element says what is done. */
  readonly action?: RichAction;
}

/** What a zone and a policy have in common (firewalld.zone(5), firewalld.policy(5)). */
export interface RuleSet {
  readonly name: string;
  readonly origin: string;
  /** `default`, `ACCEPT`, `DROP`, `%%REJECT%%`, of policies `CONTINUE` and `REJECT` too. */
  readonly target: string;
  readonly services: readonly string[];
  readonly ports: readonly PortSpec[];
  readonly protocols: readonly string[];
  readonly sourcePorts: readonly PortSpec[];
  readonly forwardPorts: readonly ForwardPort[];
  readonly icmpBlocks: readonly string[];
  readonly icmpBlockInversion: boolean;
  readonly rich: readonly RichRule[];
  /** Elements and rules that were not understood. */
  readonly unknown: readonly string[];
}

export interface Zone extends RuleSet {
  readonly interfaces: readonly string[];
  /** CIDR blocks, `ipset:NAME`, MAC addresses. */
  readonly sources: readonly string[];
  /** Packets may go from one of its interfaces or sources to another. */
  readonly forward: boolean;
  /** Lower is asked first; 0 unless said otherwise. */
  readonly priority: number;
}

export interface Policy extends RuleSet {
  readonly priority: number;
  /** Zone names, `ANY`, `HOST`. */
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
}

export interface Service {
  readonly ports: readonly PortSpec[];
  readonly protocols: readonly string[];
  readonly sourcePorts: readonly PortSpec[];
  /** Families it has, with the only addresses that it is for; empty: both families, all addresses. */
  readonly destinations: readonly { readonly family: Family; readonly address: string }[];
  readonly includes: readonly string[];
}

export interface Ipset {
  readonly type: string;
  readonly family: Family;
  readonly entries: readonly string[];
  /** Its entries come and go at run time: the file does not tell them. */
  readonly timed: boolean;
}

export interface Config {
  readonly defaultZone: string;
  readonly zones: ReadonlyMap<string, Zone>;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly services: ReadonlyMap<string, Service>;
  readonly ipsets: ReadonlyMap<string, Ipset>;
  /** Rules of direct.xml, which are iptables' own and come before all others. */
  readonly direct: readonly string[];
  /** `RFC3964_IPv4`: forwards nothing to IPv6 addresses that embed special IPv4 ones. */
  readonly rfc3964: boolean;
  /** `StrictForwardPorts`: what others have translated is not let in for that alone. */
  readonly strictForwardPorts: boolean;
  readonly unread: readonly string[];
}
