import { type HistoryState, historyState } from '../model/history.ts';
import { anyNetworkHas, type Network, readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';
import type { HostRecord, PhantomKind, PortRecord, ScanReport, Scope } from '../model/scan.ts';
import type { Verdict } from '../model/verdict.ts';
import { type PortSet, portSet, portsIn } from './port-set.ts';

/** What one look says of one port. `record` is absent where the port was not listed by itself. */
export interface Evidence {
  readonly state: HistoryState;
  /** Counted, not listed, and the counts name several states: which of them is not known. */
  readonly vague?: true;
  readonly record?: PortRecord;
  readonly phantom?: { readonly kind: PhantomKind; readonly verdict: Verdict };
}

/** What one look says of one host; null where the look says nothing of the port. */
export interface HostEvidence {
  readonly address: string;
  readonly names: readonly string[];
  readonly of: (transport: Transport, port: number) => Evidence | null;
  /** The ports that are worth a place in history by themselves: the open ones. */
  readonly open: readonly { readonly transport: Transport; readonly port: number }[];
}

/** Phantom groups up to this size get intervals of their own; a host that answers everywhere has 65,000. */
const PHANTOMS_LISTED = 100;

type ScopePorts = Readonly<Record<Transport, PortSet>>;

/** The ports that a look asked of each host; null for a shard, whose parts are not known here. */
function portsOf(scope: Scope): ScopePorts | null {
  if (scope.shard !== undefined) return null;
  return { tcp: portSet(scope.ports.tcp), udp: portSet(scope.ports.udp) };
}

/**
 * Reads what a look says of a host. A port that is not listed counts only when it lay in the scope
 * and the counts show that every port of the scope has an outcome.
 */
export function evidenceOf(host: HostRecord, scope: Scope): HostEvidence {
  const listed = new Map(host.ports.map((port) => [keyOf(port.transport, port.port), port]));
  const phantoms = (host.phantoms ?? []).map((group) => ({ group, ports: portSet(group.ports) }));
  const unlisted = unlistedOf(host, portsOf(scope));
  const phantomAt = (transport: Transport, port: number) =>
    phantoms.find(({ group, ports }) => group.transport === transport && ports.has(port))?.group;
  return {
    address: host.address,
    names: host.names,
    of: (transport, port) => {
      const group = phantomAt(transport, port);
      if (group !== undefined) return { state: 'open', phantom: group };
      const record = listed.get(keyOf(transport, port));
      if (record === undefined) return unlisted(transport, port);
      return evidenceOfRecord(record, host.shuns !== undefined);
    },
    open: [
      ...host.ports.filter(({ state }) => state === 'open'),
      ...phantoms
        .filter(({ group }) => group.count <= PHANTOMS_LISTED)
        .flatMap(({ group }) =>
          portsIn(group.ports).map((port) => ({ transport: group.transport, port })),
        ),
    ],
  };
}

function evidenceOfRecord(record: PortRecord, shuns: boolean): Evidence | null {
  const state = historyState(record.state);
  if (state === null) return null;
  // the host had stopped answering us: its silence says nothing of the port
  if (shuns && state !== 'open' && state !== 'closed') return null;
  return { state, record };
}

function keyOf(transport: Transport, port: number): string {
  return `${transport}/${port}`;
}

type Unlisted = (transport: Transport, port: number) => Evidence | null;
const NOTHING: Unlisted = () => null;

/** What the counts say of the ports that are not listed one by one. */
function unlistedOf(host: HostRecord, scope: ScopePorts | null): Unlisted {
  if (scope === null || host.shuns !== undefined) return NOTHING;
  const rest = restOf(host);
  const { counts } = host;
  const told =
    counts.open +
    counts.closed +
    counts.filtered +
    (counts.openFiltered ?? 0) +
    counts.unreachable +
    counts.localError;
  // not every port has an outcome, or an open one is not listed: which ports is not known
  if (told !== scope.tcp.size + scope.udp.size || rest.open > 0 || rest.localError > 0) {
    return NOTHING;
  }
  const states = {
    tcp: stateOf(rest.closed, rest.filtered, rest.unreachable),
    udp: stateOf(rest.closed, rest.openFiltered, rest.unreachable),
  };
  return (transport, port) => {
    const state = states[transport];
    return state === null || !scope[transport].has(port) ? null : state;
  };
}

/** Where several states are possible the weakest evidence counts: silence, which is damped. */
function stateOf(closed: number, silent: number, unreachable: number): Evidence | null {
  const kinds = [closed, silent, unreachable].filter((count) => count > 0).length;
  if (kinds > 1) return { state: 'filtered', vague: true };
  if (silent > 0) return { state: 'filtered' };
  if (unreachable > 0) return { state: 'unreachable' };
  return closed > 0 ? { state: 'closed' } : null;
}

/** Counts without the ports that are listed, one by one or in groups. */
function restOf({ counts, ports, phantoms = [] }: HostRecord) {
  const listed = (state: PortRecord['state']) =>
    ports.filter((port) => port.state === state).length;
  const grouped = phantoms.reduce((sum, { count }) => sum + count, 0);
  return {
    open: counts.open - grouped - listed('open'),
    closed: counts.closed - listed('closed'),
    filtered: counts.filtered - listed('filtered'),
    openFiltered: (counts.openFiltered ?? 0) - listed('open|filtered'),
    unreachable: counts.unreachable - listed('unreachable'),
    localError: counts.localError,
  };
}

/**
 * Whether a look covered addresses that it does not list: silent ones of the blocks it was given.
 * Null when it cannot have: it is not complete, one part of a split, or a part of it was never sent.
 */
export function silentCover({ scan }: ScanReport): ((address: string) => boolean) | null {
  const { scope, complete, problems } = scan;
  if (!complete || scope.shard !== undefined) return null;
  if (problems.some(({ code }) => code === 'PORTS_NOT_ASKED')) return null;
  const covered = scope.targets.flatMap(blockOf);
  const excluded = scope.exclude.map(readNetwork);
  // an exclusion that is a name or a file: nobody knows here what it left out
  if (covered.length === 0 || excluded.includes(null)) return null;
  const left = excluded.flatMap((network) => network ?? []);
  return (address) => anyNetworkHas(covered, address) && !anyNetworkHas(left, address);
}

/** Single addresses are always listed, whatever they answered. */
function blockOf(target: string): Network[] {
  const network = readNetwork(target);
  return network === null || network.first === network.last ? [] : [network];
}

/** What a look says of an address that it covered and that stayed silent. */
export function silentHost(address: string, scope: Scope): HostEvidence {
  const ports = portsOf(scope);
  return {
    address,
    names: [],
    of: (transport, port) => (ports?.[transport].has(port) ? { state: 'filtered' } : null),
    open: [],
  };
}
