import { XMLParser } from 'fast-xml-parser';
import type { PortState, Transport } from '../../model/port.ts';
import type { PortCounts } from '../../model/scan.ts';
import type { Service } from '../../model/service.ts';
import type { Imported, ImportedHost, ImportedPort, ReadAddress } from './imported.ts';

type Element = Readonly<Record<string, unknown>>;

/** nmap's states (nmap.dtd, `state`); `unfiltered` says nothing of open or closed. */
const STATES: Readonly<Record<string, PortState>> = {
  open: 'open',
  closed: 'closed',
  filtered: 'filtered',
  'closed|filtered': 'filtered',
  'open|filtered': 'open|filtered',
};

/** Reads the XML that `nmap -oX` writes (nmap.dtd). Null: it is none. Throws what the XML parser throws. */
export function readNmap(text: string, readAddress: ReadAddress): Imported | null {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    isArray: (name) => ARRAYS.has(name),
  });
  const root: unknown = parser.parse(text);
  const run = child(asElement(root), 'nmaprun');
  if (run === null) return null;
  const finished = child(child(run, 'runstats'), 'finished');
  const start = secondsOf(run['start']);
  const end = secondsOf(finished?.['time']) ?? lastHostEnd(run) ?? start;
  if (end === null) return null;
  return {
    tool: `nmap ${stringOf(run['version']) ?? ''}`.trim(),
    startedAt: new Date((start ?? end) * 1000).toISOString(),
    endedAt: new Date(end * 1000).toISOString(),
    complete: finished?.['exit'] === 'success',
    ports: { tcp: servicesOf(run, 'tcp'), udp: servicesOf(run, 'udp') },
    hosts: joined(children(run, 'host').flatMap((host) => hostOf(host, readAddress))),
  };
}

const ARRAYS = new Set(['host', 'port', 'scaninfo', 'address', 'hostname', 'extraports', 'cpe']);

/** Ports of the scope, as `scaninfo` states them. */
function servicesOf(run: Element, transport: Transport): string {
  return children(run, 'scaninfo')
    .filter((info) => info['protocol'] === transport)
    .map((info) => stringOf(info['services']) ?? '')
    .join(',');
}

function lastHostEnd(run: Element): number | null {
  const ends = children(run, 'host').flatMap((host) => secondsOf(host['endtime']) ?? []);
  return ends.reduce<number | null>((last, end) => Math.max(last ?? end, end), null);
}

/** nmap lists an address once for each target that resolves to it; the last word on a port holds. */
function joined(hosts: readonly ImportedHost[]): ImportedHost[] {
  const byAddress = new Map<string, ImportedHost>();
  for (const host of hosts) {
    const before = byAddress.get(host.address);
    byAddress.set(host.address, before === undefined ? host : joinedWith(before, host));
  }
  return [...byAddress.values()];
}

/** Where a port is listed by one of them only, the counts of the last do not add up, and say nothing. */
function joinedWith(before: ImportedHost, host: ImportedHost): ImportedHost {
  const ports = [...before.ports, ...host.ports];
  return {
    ...host,
    names: [...new Set([...before.names, ...host.names])],
    ports: [...new Map(ports.map((port) => [`${port.transport}/${port.port}`, port])).values()],
  };
}

function hostOf(host: Element, readAddress: ReadAddress): ImportedHost[] {
  // a host that did not answer the first ping was not scanned
  if (child(host, 'status')?.['state'] === 'down') return [];
  const address = children(host, 'address')
    .filter(({ addrtype }) => addrtype !== 'mac')
    .flatMap(({ addr }) => readAddress(stringOf(addr) ?? '') ?? [])[0];
  if (address === undefined) return [];
  const names = children(child(host, 'hostnames'), 'hostname').flatMap(
    ({ name }) => stringOf(name)?.toLowerCase() ?? [],
  );
  const ports = child(host, 'ports');
  const listed = children(ports, 'port').flatMap(portOf);
  const unlisted = unlistedOf(children(ports, 'extraports'));
  // given up half way: some ports were not asked
  const timedOut = host['timedout'] === 'true' ? 1 : 0;
  const localError = (unlisted.localError ?? 0) + timedOut;
  return [
    { address, names: [...new Set(names)], ports: listed, unlisted: { ...unlisted, localError } },
  ];
}

function unlistedOf(extras: readonly Element[]): Partial<PortCounts> {
  const counts = { closed: 0, filtered: 0, openFiltered: 0, localError: 0 };
  for (const extra of extras) {
    const count = Number(extra['count']);
    if (!Number.isSafeInteger(count) || count < 0) return { localError: 1 };
    const state = STATES[stringOf(extra['state']) ?? ''];
    if (state === 'closed' || state === 'filtered') counts[state] += count;
    else if (state === 'open|filtered') counts.openFiltered += count;
    else counts.localError += count;
  }
  return counts;
}

function portOf(port: Element): ImportedPort[] {
  const transport = port['protocol'];
  const number = Number(port['portid']);
  if (transport !== 'tcp' && transport !== 'udp') return [];
  if (!Number.isInteger(number) || number < 0 || number > 65_535) return [];
  const state = STATES[stringOf(child(port, 'state')?.['state']) ?? ''] ?? 'local-error';
  const service = state === 'open' ? serviceOf(child(port, 'service')) : undefined;
  return [{ transport, port: number, state, ...(service === undefined ? {} : { service }) }];
}

/** Only what nmap probed: a name from its table of ports says nothing of what answers. */
function serviceOf(element: Element | null): Service | undefined {
  const name = stringOf(element?.['name']);
  if (element === null || element['method'] !== 'probed' || name === undefined) return undefined;
  const product = stringOf(element['product']);
  const version = stringOf(element['version']);
  return {
    protocol: name === 'http' && element['tunnel'] === 'ssl' ? 'https' : name,
    ...(product === undefined ? {} : { product }),
    ...(version === undefined ? {} : { version }),
  };
}

function asElement(value: unknown): Element | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Element)
    : null;
}

function child(parent: Element | null, name: string): Element | null {
  return asElement(parent?.[name]);
}

function children(parent: Element | null, name: string): Element[] {
  const value = parent?.[name];
  if (!Array.isArray(value)) return [];
  return value.map(asElement).filter((one) => one !== null);
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Latest second that JavaScript's dates hold. */
const LAST_SECOND = 8.64e12;

function secondsOf(value: unknown): number | null {
  const seconds = Number(stringOf(value));
  return Number.isInteger(seconds) && seconds > 0 && seconds <= LAST_SECOND ? seconds : null;
}
