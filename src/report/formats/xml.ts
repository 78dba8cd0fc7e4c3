import type { PortState, Reason } from '../../model/port.ts';
import { isRuleId, RULES } from '../../model/rules.ts';
import type { HostRecord, PortCounts, PortRecord, ScanReport } from '../../model/scan.ts';
import type { Service } from '../../model/service.ts';
import { compareSeverity, type Finding, type Severity } from '../../model/verdict.ts';
import { cpeUri } from '../cpe.ts';
import { edgeLabel } from '../edges.ts';
import type { Format } from '../format.ts';
import { findingsByPort } from '../rows.ts';
import { headline, summarise } from '../summary.ts';
import { clip, escapeMarkup, plainText, visible } from '../text.ts';
import { elapsedSeconds, epochSeconds } from '../time.ts';

/** The version of nmap's XML format that this follows (nmap 7.9x). */
const XML_OUTPUT_VERSION = '1.05';
/** Longest command line kept: targets can come from a file of any length. */
const ARGS = 4_000;
/** Nested details deeper than this are left out; no plugin has them. */
const DEPTH = 6;

type FindingsOf = ReturnType<typeof findingsByPort>;
type Attributes = Readonly<Record<string, string | number | undefined>>;

function open(name: string, attributes: Attributes): string {
  let tag = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const lines = String(value).split('\n').map(escapeMarkup);
    tag += ` ${key}="${lines.join('&#xa;')}"`;
  }
  return tag;
}

function element(name: string, attributes: Attributes, content = ''): string {
  const tag = open(name, attributes);
  return content === '' ? `${tag}/>` : `${tag}>${content}</${name}>`;
}

/** nmap's words for our states; `unreachable` is a firewall's or router's answer, so filtered. */
const STATES = {
  open: 'open',
  closed: 'closed',
  filtered: 'filtered',
  'open|filtered': 'open|filtered',
  unreachable: 'filtered',
  'local-error': 'unknown',
} as const;

const REASON_WORDS: Partial<Record<Reason, string>> = {
  rst: 'conn-refused',
  'icmp-net-unreachable': 'net-unreach',
  'icmp-host-unreachable': 'host-unreach',
  'icmp-proto-unreachable': 'proto-unreach',
  'icmp-port-unreachable': 'port-unreach',
  'icmp-net-prohibited': 'net-prohibited',
  'icmp-host-prohibited': 'host-prohibited',
  'icmp-admin-prohibited': 'admin-prohibited',
  'icmp-unreachable': 'dest-unreach',
};

function reasonWord(reason: Reason): string {
  return REASON_WORDS[reason] ?? reason;
}

/** nmap's elem and table elements for any JSON value. */
function structured(key: string | undefined, value: unknown, depth = 0): string {
  if (value === undefined || value === null || depth > DEPTH) return '';
  if (typeof value !== 'object') return element('elem', { key }, escapeMarkup(plainText(value)));
  const inner = Array.isArray(value)
    ? value.map((item) => structured(undefined, item, depth + 1))
    : Object.entries(value).map(([name, item]) => structured(name, item, depth + 1));
  return element('table', { key }, inner.join(''));
}

/** `close, critical: access.no-authentication, tls.old-version`; empty when nothing is said. */
function judgement(port: PortRecord, findings: readonly Finding[]): string {
  const { verdict } = port;
  const rules = new Set([verdict, ...findings].flatMap((said) => said?.rule ?? []));
  if (rules.size === 0) return '';
  let severity: Severity = verdict?.severity ?? 'info';
  for (const finding of findings) {
    if (compareSeverity(finding.severity, severity) > 0) severity = finding.severity;
  }
  const level = verdict === undefined ? [] : [verdict.level];
  return visible(`${[...level, severity].join(', ')}: ${[...rules].join(', ')}`);
}

/**
 * A line for people per rule. Says no more than the service's own columns do: the ndiff of nmap 7.93
 * dies of scripts that differ where the columns are equal, and dates, banners and cookies do.
 */
function scriptOutput(port: PortRecord, findings: readonly Finding[]): string {
  const rules = new Set([port.verdict, ...findings].flatMap((said) => said?.rule ?? []));
  const titles = [...rules].map((rule) => (isRuleId(rule) ? RULES[rule].title : rule));
  return [judgement(port, findings), ...titles.map(visible)].join('\n');
}

/** All that nmap has no element for. One script a port: the ndiff of nmap 7.93 dies of two. */
function scriptElement(port: PortRecord, findings: readonly Finding[]): string {
  const { verdict, service } = port;
  if (verdict === undefined && service === undefined && findings.length === 0) return '';
  const told = findings.map(({ rule, severity, why, todo, evidence }) => {
    return { rule, severity, why, todo, evidence };
  });
  const inner = [
    structured('verdict', verdict),
    told.length > 0 ? structured('findings', told) : '',
    structured('tls', service?.tls),
    structured('details', service?.details),
    structured('banner', service?.raw?.base64),
  ];
  const output = scriptOutput(port, findings);
  return element('script', { id: 'postern', output }, inner.join(''));
}

/** Inside TLS nmap names the inner protocol and says tunnel="ssl": https is http there. */
function serviceElement(service: Service, extrainfo: string | undefined): string {
  const tunnelled = service.tls !== undefined && !service.tls.startTls;
  const name = service.protocol === 'https' ? 'http' : service.protocol;
  const cpe = service.cpe === undefined ? null : cpeUri(service.cpe);
  const attributes = {
    name,
    product: service.product,
    version: service.version,
    extrainfo,
    tunnel: tunnelled ? 'ssl' : undefined,
    method: 'probed',
    conf: name === 'unknown' ? 0 : 10,
  };
  return element('service', attributes, cpe === null ? '' : `<cpe>${escapeMarkup(cpe)}</cpe>`);
}

/** What answers, and as its extra what we think of it: so ndiff shows a verdict that changed. */
function serviceOf(port: PortRecord, findings: readonly Finding[]): string {
  const extrainfo = judgement(port, findings) || undefined;
  if (port.service !== undefined) return serviceElement(port.service, extrainfo);
  if (extrainfo === undefined) return '';
  return element('service', { name: 'unknown', extrainfo, method: 'table', conf: 0 });
}

function portElement(port: PortRecord, findings: readonly Finding[]): string {
  const state = element('state', {
    state: STATES[port.state],
    reason: reasonWord(port.reason),
    reason_ttl: 0,
  });
  const service = serviceOf(port, findings);
  const attributes = { protocol: port.transport, portid: port.port };
  return `${element('port', attributes, state + service + scriptElement(port, findings))}\n`;
}

const NONE_LISTED: Readonly<Record<PortState, number>> = {
  open: 0,
  closed: 0,
  filtered: 0,
  'open|filtered': 0,
  unreachable: 0,
  'local-error': 0,
};

/** Ports that are counted but not listed, by nmap's state and reason. */
function extraPorts(host: HostRecord): string {
  const listed: Record<PortState, number> = { ...NONE_LISTED };
  for (const port of host.ports) listed[port.state] += 1;
  const rest = (state: PortState, count: keyof PortCounts) =>
    Math.max(0, (host.counts[count] ?? 0) - listed[state]);
  const groups = {
    closed: { 'conn-refused': rest('closed', 'closed') },
    filtered: {
      'no-response': rest('filtered', 'filtered'),
      'dest-unreach': rest('unreachable', 'unreachable'),
    },
    'open|filtered': { 'no-response': rest('open|filtered', 'openFiltered') },
    unknown: { 'local-error': rest('local-error', 'localError') },
    open: { 'syn-ack': rest('open', 'open') },
  };
  return Object.entries(groups)
    .map(([state, reasons]) => extraGroup(state, reasons))
    .join('');
}

function extraGroup(state: string, reasons: Readonly<Record<string, number>>): string {
  const present = Object.entries(reasons).filter(([, count]) => count > 0);
  const total = present.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return '';
  const inner = present.map(([reason, count]) => element('extrareasons', { reason, count }));
  return `${element('extraports', { state, count: total }, inner.join(''))}\n`;
}

/** A host that stayed silent is `up` on the user's word, as nmap -Pn has it. */
function statusElement(host: HostRecord): string {
  const { open: opened, closed } = host.counts;
  const answered = closed > 0 ? 'conn-refused' : 'user-set';
  const reason = opened > 0 ? 'syn-ack' : answered;
  return element('status', { state: 'up', reason, reason_ttl: 0 });
}

function* hostElement(host: HostRecord, findingsOf: FindingsOf): Iterable<string> {
  const addrtype = host.address.includes(':') ? 'ipv6' : 'ipv4';
  const names = host.names.map((name) => element('hostname', { name, type: 'user' }));
  yield `<host>${statusElement(host)}\n`;
  yield `${element('address', { addr: host.address, addrtype })}\n`;
  yield `<hostnames>${names.join('')}</hostnames>\n<ports>${extraPorts(host)}`;
  for (const port of host.ports) yield portElement(port, findingsOf(port));
  yield `</ports>\n${hostScript(host)}</host>\n`;
}

/** What is known of the host as a whole and has no element of nmap's. */
function hostScript({ edge }: HostRecord): string {
  if (edge === undefined) return '';
  const attributes = { id: 'postern-edge', output: edgeLabel(edge) };
  const script = element('script', attributes, structured('edge', edge));
  return `${element('hostscript', {}, script)}\n`;
}

function argsOf(scan: ScanReport['scan']): string {
  const { ports, targets, exclude } = scan.scope;
  const parts = ['postern scan'];
  const transports = [ports.tcp && `T:${ports.tcp}`, ports.udp && `U:${ports.udp}`];
  parts.push('-p', transports.filter((text) => text !== '').join(','));
  if (exclude.length > 0) parts.push('--exclude', exclude.join(','));
  return clip([...parts, ...targets].join(' '), ARGS);
}

/** How many ports `22,80,8000-8100` names. */
function portsIn(ranges: string): number {
  return ranges.split(',').reduce((sum, range) => {
    const [from, to = from] = range.split('-').map(Number);
    return sum + Math.max(0, (to ?? 0) - (from ?? 0) + 1 || 0);
  }, 0);
}

function header(report: ScanReport): string {
  const { scan } = report;
  const start = {
    scanner: 'postern',
    args: argsOf(scan),
    start: epochSeconds(scan.startedAt),
    startstr: scan.startedAt,
    version: scan.tool.split(' ').at(-1),
    xmloutputversion: XML_OUTPUT_VERSION,
  };
  const infos = scan.scope.transports.map((protocol) => {
    const services = scan.scope.ports[protocol];
    const type = protocol === 'tcp' ? 'connect' : 'udp';
    return element('scaninfo', { type, protocol, numservices: portsIn(services), services });
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n${open('nmaprun', start)}>\n${infos.join('\n')}\n<verbose level="0"/>\n<debugging level="0"/>\n`;
}

function footer(report: ScanReport): string {
  const { scan, hosts } = report;
  const failed = scan.complete ? undefined : 'interrupted';
  const finished = element('finished', {
    time: epochSeconds(scan.endedAt),
    timestr: scan.endedAt,
    elapsed: elapsedSeconds(scan).toFixed(2),
    summary: `${scan.tool}: ${headline(summarise(report))}`,
    exit: scan.complete ? 'success' : 'error',
    errormsg: failed,
  });
  const counts = element('hosts', { up: hosts.length, down: 0, total: hosts.length });
  return `<runstats>${finished}${counts}</runstats>\n</nmaprun>\n`;
}

function* render(report: ScanReport): Iterable<string> {
  const findingsOf = findingsByPort(report);
  yield header(report);
  for (const host of report.hosts) yield* hostElement(host, findingsOf);
  yield footer(report);
}

/** nmap's XML, for ndiff and for everything that imports nmap's results. */
export const xml: Format = {
  name: 'xml',
  endings: ['.xml'],
  mediaType: 'application/xml',
  render,
};
