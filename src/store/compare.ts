import type { Change, ChangeSide } from '../model/history.ts';
import type { Transport } from '../model/port.ts';
import type { ScanReport } from '../model/scan.ts';
import {
  type Evidence,
  evidenceOf,
  type HostEvidence,
  silentCover,
  silentHost,
} from './evidence.ts';
import { identityOf, isOther } from './identity.ts';
import { positionOf } from './position.ts';

/**
 * What differs between two looks, for ports that both of them covered. Pure. Services of different
 * tools are not compared: each has its own words for the same.
 */
export function compareReports(before: ScanReport, after: ScanReport): readonly Change[] {
  const sides = [sideOf(before), sideOf(after)] as const;
  const sameTool = toolOf(before) === toolOf(after);
  const addresses = new Set([...sides[0].hosts.keys(), ...sides[1].hosts.keys()]);
  const vantage = after.scan.scope.vantage.name;
  const { endedAt: at } = after.scan;
  const changes: Placed[] = [];
  for (const address of addresses) {
    const [was, is] = [sides[0].of(address), sides[1].of(address)];
    if (was === null || is === null) continue;
    const names = is.names.length > 0 ? is.names : was.names;
    const position = positionOf(address);
    for (const { transport, port } of openIn(was, is)) {
      const change = changeBetween(was.of(transport, port), is.of(transport, port), sameTool);
      if (change === null) continue;
      const place = { at, address, names, vantage, transport, port };
      changes.push({ position, change: { ...change, ...place } });
    }
  }
  changes.sort(byPlace);
  return changes.map(({ change }) => change);
}

interface Placed {
  readonly position: string;
  readonly change: Change;
}

function byPlace(a: Placed, b: Placed): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  const [one, other] = [a.change, b.change];
  if (one.transport !== other.transport) return one.transport < other.transport ? -1 : 1;
  return one.port - other.port;
}

function toolOf({ scan }: ScanReport): string {
  return scan.tool.split(' ', 1)[0] ?? '';
}

function sideOf(report: ScanReport) {
  const { scope } = report.scan;
  const hosts = new Map(report.hosts.map((host) => [host.address, evidenceOf(host, scope)]));
  const covers = silentCover(report);
  return {
    hosts,
    of: (address: string): HostEvidence | null =>
      hosts.get(address) ?? (covers?.(address) ? silentHost(address, scope) : null),
  };
}

function openIn(was: HostEvidence, is: HostEvidence) {
  const places = new Map<string, { transport: Transport; port: number }>();
  for (const place of [...was.open, ...is.open])
    places.set(`${place.transport}/${place.port}`, place);
  return places.values();
}

function changeBetween(
  was: Evidence | null,
  is: Evidence | null,
  sameTool: boolean,
): Pick<Change, 'kind' | 'before' | 'after'> | null {
  // not covered by one of them, or nothing is behind it
  if (was === null || is === null || was.phantom !== undefined || is.phantom !== undefined)
    return null;
  const sides = { before: changeSide(was), after: changeSide(is) };
  if (was.state !== 'open') return is.state === 'open' ? { kind: 'opened', ...sides } : null;
  if (is.state !== 'open') return { kind: 'closed', ...sides };
  if (!sameTool) return null;
  if (isOther(sides.before.identity, sides.after.identity)) return { kind: 'service', ...sides };
  const [old, now] = [was.record?.verdict, is.record?.verdict];
  if (old === undefined || now === undefined) return null;
  const same = old.level === now.level && old.severity === now.severity;
  return same ? null : { kind: 'verdict', ...sides };
}

function changeSide({ state, record }: Evidence): ChangeSide {
  const { verdict, service } = record ?? {};
  return {
    state,
    identity: identityOf(service),
    ...(verdict === undefined ? {} : { level: verdict.level, severity: verdict.severity }),
  };
}
