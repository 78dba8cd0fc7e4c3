import { evaluate } from '../firewall/evaluate.ts';
import type { FirewallFacts } from '../firewall/facts.ts';
import type { Change, Kind, Script } from '../firewall/kind.ts';
import type { Family, KindName, Layer } from '../firewall/layer.ts';
import { filtersOf } from '../firewall/netfilter-order.ts';
import type { Machine } from '../model/machine.ts';
import { isPrivateAddress, networkHas, readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';
import { type Doors, type ServiceFix, serviceFixes } from './at-service.ts';
import { type InCharge, kindInCharge } from './in-charge.ts';
import { type Opening, type OpenPort, openPort } from './open-port.ts';

/** What is asked for: a port to close, or to leave open for some. */
export interface Wish {
  readonly transport: Transport;
  readonly port: number;
  readonly families: readonly Family[];
  /** CIDR blocks; absent: nobody, or anybody on `device`. */
  readonly only?: readonly string[];
  readonly device?: string;
  /** `--kind`. */
  readonly kind?: KindName;
  /** A port that must be open for it: the VPN's. */
  readonly needs?: OpenPort;
}

/** What is known of the host. */
export interface Situation {
  readonly layers: readonly Layer[];
  readonly facts: FirewallFacts;
  readonly doors: Doors;
  readonly machine: Machine;
}

/** One way from a finding to a closed door. */
export interface Plan {
  /** `close tcp port 5432`, `restrict tcp port 5432 to 10.0.0.0/8`. */
  readonly summary: string;
  readonly inCharge: InCharge;
  readonly change: Change;
  readonly script: Script;
  /** Better than, or beside, the firewall rule. */
  readonly services: readonly ServiceFix[];
  /** How the port that it needs is let in; absent when it needs none. */
  readonly opening?: Opening;
  /** What to know beforehand, a sentence each; those of the script included. */
  readonly warnings: readonly string[];
}

const MAX_NAMED = 3;

/**
 * The change, how the firewall in charge makes it, and what to do at the service. Throws
 * REMEDY_IN_CHARGE, or REMEDY_IMPOSSIBLE with the kind's reason.
 */
export function planRemedy(
  wish: Wish,
  situation: Situation,
  kindNamed: (name: KindName) => Kind,
): Plan {
  const { layers, facts, doors, machine } = situation;
  const inCharge = kindInCharge(layers, facts, wish.kind);
  const summary = summaryOf(wish);
  const change = changeOf(wish, doors, summary);
  const script = kindNamed(inCharge.kind).change(change, layers);
  return {
    summary,
    inCharge,
    change,
    script,
    ...(wish.needs === undefined
      ? {}
      : { opening: openPort(wish.needs, inCharge.kind, layers, machine, evaluate) }),
    services: serviceFixes(change, doors, serviceAddress(wish, machine)),
    warnings: [...script.warnings, ...ownWarnings(wish, layers)],
  };
}

/** `close tcp port 5432`, in the words of messages and comments. */
export function summaryOf({ transport, port, only, device }: Wish): string {
  if (only === undefined && device === undefined) return `close ${transport} port ${port}`;
  const names = [...(only ?? []).slice(0, MAX_NAMED)];
  const more = (only?.length ?? 0) - names.length;
  const networks = more > 0 ? `${names.join(', ')} and ${more} more networks` : names.join(', ');
  const where = device === undefined ? [] : [`device ${device}`];
  const to = [...(only === undefined ? [] : [networks]), ...where].join(' on ');
  return `restrict ${transport} port ${port} to ${to === '' ? 'nobody' : to}`;
}

function changeOf(wish: Wish, doors: Doors, reason: string): Change {
  const { transport, port, families, only, device } = wish;
  const published = doors.publications.find(
    (one) => one.transport === transport && one.port === port,
  );
  const forwarded =
    published?.containerAddress === undefined
      ? {}
      : { forwarded: { address: published.containerAddress, port: published.containerPort } };
  return {
    transport,
    port,
    families,
    ...(only === undefined ? {} : { only }),
    ...(device === undefined ? {} : { device }),
    ...forwarded,
    reason,
  };
}

/**
 * Where the program may still answer: the loopback for a closed port, else the one address of this
 * host that lies where clients are; undefined when no address says the same as the rule.
 */
function serviceAddress({ only, device }: Wish, { devices }: Machine): string | undefined {
  if (device !== undefined) {
    return devices.find(({ name }) => name === device)?.addresses[0]?.address;
  }
  if (only === undefined) return '127.0.0.1';
  const networks = only.flatMap((text) => readNetwork(text) ?? []);
  const own = devices
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => isPrivateAddress(address) && !address.includes('%'));
  return own.find((address) => networks.some((network) => networkHas(network, address)));
}

function ownWarnings({ only, families }: Wish, layers: readonly Layer[]): string[] {
  const missing = families.filter(
    (family) => only !== undefined && !only.some((text) => text.includes(':') === (family === 6)),
  );
  const asked = filtersOf(layers).flatMap((filter) => filter.layers);
  const unread = asked.flatMap((layer) => layer.unread);
  return [
    ...missing.map((family) => `Over IPv${family} nobody is let in: no network of it was named.`),
    ...unread.map(
      (text) => `Not all rules could be read, so what they do is not certain: ${text}.`,
    ),
  ];
}
