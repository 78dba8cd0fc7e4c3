import type { OutsideLook } from '../model/audit.ts';
import type { PortState, Transport } from '../model/port.ts';
import type { HostRecord, PhantomGroup, PortRecord, ScanReport } from '../model/scan.ts';

/** What a scan says about the ports of this host. */
export interface OutsideView {
  /** Looks at one port, one for each address; undefined: it was not looked at. */
  of(transport: Transport, port: number): readonly OutsideLook[] | undefined;
  /** Ports that were open, phantoms included. */
  readonly open: readonly { readonly transport: Transport; readonly port: number }[];
  /** What cannot be told from the scan, a sentence each. */
  readonly unseen: readonly string[];
}

/** Reads `22,80,8000-8100`. */
function ranges(text: string): readonly (readonly [number, number])[] {
  if (text === '') return [];
  return text.split(',').map((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return [first, last] as const;
  });
}

function covers(text: string, port: number): boolean {
  return ranges(text).some(([first, last]) => port >= first && port <= last);
}

/** The states of the ports that a host's record counts and does not list. */
function unlistedStates({ counts, ports }: HostRecord): readonly PortState[] {
  const listed = (state: PortState) => ports.filter((port) => port.state === state).length;
  return (
    [
      ['closed', counts.closed - listed('closed')],
      ['filtered', counts.filtered - listed('filtered')],
      ['open|filtered', (counts.openFiltered ?? 0) - listed('open|filtered')],
      ['unreachable', counts.unreachable - listed('unreachable')],
    ] as const
  )
    .filter(([, count]) => count > 0)
    .map(([state]) => state);
}

interface Context {
  readonly report: ScanReport;
  readonly itself: boolean;
}

function lookOf({ report, itself }: Context, address: string, state: PortState): OutsideLook {
  const { name } = report.scan.scope.vantage;
  return { address, state, vantage: name, ...(itself && { itself }) };
}

function phantomOf(host: HostRecord, transport: Transport, port: number): PhantomGroup | undefined {
  return host.phantoms?.find((group) => group.transport === transport && covers(group.ports, port));
}

function lookAt(
  context: Context,
  host: HostRecord,
  transport: Transport,
  port: number,
): OutsideLook | null {
  const listed = host.ports.find(
    (record) => record.transport === transport && record.port === port,
  );
  if (listed !== undefined) {
    const { state, service } = listed;
    return { ...lookOf(context, host.address, state), ...(service && { service }) };
  }
  const phantom = phantomOf(host, transport, port);
  if (phantom !== undefined)
    return { ...lookOf(context, host.address, 'open'), phantom: phantom.kind };
  if (!covers(context.report.scan.scope.ports[transport], port)) return null;
  const [state, ...others] = unlistedStates(host);
  return state === undefined || others.length > 0 ? null : lookOf(context, host.address, state);
}

function isOpen({ state }: PortRecord): boolean {
  return state === 'open';
}

/**
 * Takes from a scan what it says about this host's addresses. `itself`: this host made the scan, so
 * its packets to its own addresses came over the loopback.
 */
export function outsideView(
  report: ScanReport,
  addresses: readonly string[],
  itself: boolean,
): OutsideView {
  const own = new Set(addresses);
  const hosts = report.hosts.filter(({ address }) => own.has(address));
  const context = { report, itself };
  const open = hosts.flatMap(({ ports }) =>
    ports.filter(isOpen).map(({ transport, port }) => ({ transport, port })),
  );
  const unseen: string[] = [];
  if (hosts.length === 0) {
    unseen.push(
      `the scan from outside: it has none of this host's addresses (${addresses.join(', ')})`,
    );
  }
  for (const host of hosts) {
    const states = unlistedStates(host);
    if (states.includes('closed') && states.includes('filtered')) {
      unseen.push(
        `whether a port of ${host.address} that is not open is closed or filtered: scan it with --show all`,
      );
    }
  }
  return {
    open,
    unseen,
    of(transport, port) {
      const looks = hosts.flatMap((host) => lookAt(context, host, transport, port) ?? []);
      return looks.length === 0 ? undefined : looks;
    },
  };
}
