import { ownValue } from '../../../model/own-value.ts';
import type { Source } from '../../kind.ts';
import type {
  Config,
  ForwardPort,
  Ipset,
  Policy,
  PortSpec,
  RichRule,
  RuleSet,
  Service,
  Zone,
} from './config.ts';
import { isListing, readListing } from './listing.ts';
import { readRichElement } from './rich.ts';
import { inOrderOfFile } from './rule-order.ts';
import { type Element, readXml, syntax } from './xml.ts';

/** Root elements of firewalld's files (firewalld.dirs(5)). */
export const ROOTS = [
  'zone',
  'policy',
  'service',
  'ipset',
  'direct',
  'icmptype',
  'helper',
  'whitelist',
];
/** What firewalld takes when firewalld.conf names none (firewalld.conf(5)). */
const FALLBACK_ZONE = 'public';
/** Elements of zones and policies that have no say in who gets through. */
const SILENT = ['short', 'description', 'masquerade', 'tcp-mss-clamp'];

interface Files {
  readonly zones: Map<string, Zone>;
  readonly policies: Map<string, Policy>;
  readonly services: Map<string, Service>;
  readonly ipsets: Map<string, Ipset>;
  readonly direct: string[];
  readonly settings: Map<string, string>;
  readonly unread: string[];
}

/**
 * Reads firewalld's files and, when there is one, the output of `firewall-cmd --list-all-zones`,
 * which is what it does now and goes before the zones' files. A file below /etc goes before one of
 * the same name elsewhere.
 */
export function readConfig(sources: readonly Source[]): Config {
  const files: Files = {
    zones: new Map(),
    policies: new Map(),
    services: new Map(),
    ipsets: new Map(),
    direct: [],
    settings: new Map(),
    unread: [],
  };
  for (const source of inOrder(sources)) take(source, files);
  return {
    defaultZone: defaultZoneOf(files),
    zones: files.zones,
    policies: files.policies,
    services: files.services,
    ipsets: files.ipsets,
    direct: files.direct,
    rfc3964: files.settings.get('RFC3964_IPv4') !== 'no',
    strictForwardPorts: files.settings.get('StrictForwardPorts') === 'yes',
    unread: files.unread,
  };
}

function inOrder(sources: readonly Source[]): Source[] {
  const rank = (source: Source) => {
    if (isListing(source.text)) return 2;
    return source.origin.includes('/etc/') ? 1 : 0;
  };
  return [...sources].sort((a, b) => rank(a) - rank(b));
}

function take(source: Source, files: Files): void {
  if (isListing(source.text)) return takeListing(source, files);
  const isXml = source.text.trimStart().startsWith('<') || source.origin.endsWith('.xml');
  if (!isXml) return takeSettings(source, files);
  const root = readXml(source);
  const name = nameOf(source.origin);
  switch (root.name) {
    case 'zone':
      files.zones.set(name, zoneOf(name, source.origin, root));
      return;
    case 'policy':
      files.policies.set(name, policyOf(name, source.origin, root));
      return;
    case 'service':
      files.services.set(name, serviceOf(root));
      return;
    case 'ipset':
      files.ipsets.set(name, ipsetOf(root));
      return;
    case 'direct':
      files.direct.push(...root.children.filter(decides).map(directText));
      return;
    default:
      if (!ROOTS.includes(root.name)) throw syntax(source, 1, `the root element <${root.name}>`);
  }
}

/** A chain alone lets nothing through and holds nothing back. */
function decides({ name }: Element): boolean {
  return name === 'rule' || name === 'passthrough';
}

function directText({ attributes, text }: Element): string {
  return ['direct rule:', ...Object.values(attributes), text].join(' ');
}

function nameOf(origin: string): string {
  return origin.slice(origin.lastIndexOf('/') + 1).replace(/\.xml$/, '');
}

function takeListing(source: Source, files: Files): void {
  const { zones, defaultZone } = readListing(source);
  const saved = new Map(files.zones);
  files.zones.clear();
  for (const zone of zones) files.zones.set(zone.name, inOrderOfFile(zone, saved.get(zone.name)));
  if (defaultZone !== undefined) files.settings.set('DefaultZone', defaultZone);
}

/** firewalld.conf(5): `key=value` lines. */
function takeSettings(source: Source, files: Files): void {
  source.text.split('\n').forEach((raw, at) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const [, key, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined) throw syntax(source, at + 1, `"${line.slice(0, 60)}"`);
    files.settings.set(key, value ?? '');
  });
}

function defaultZoneOf(files: Files): string {
  const chosen = files.settings.get('DefaultZone');
  if (!chosen) {
    files.unread.push(`which zone is the default was not told; taken to be ${FALLBACK_ZONE}`);
  }
  return chosen || FALLBACK_ZONE;
}

function named(root: Element, name: string, attribute: string): string[] {
  const found = root.children.filter((child) => child.name === name);
  return found.flatMap(({ attributes }) => attributes[attribute] ?? []);
}

function portsOf(root: Element, name: string): PortSpec[] {
  return root.children.filter((child) => child.name === name).flatMap(portOf);
}

function portOf({ attributes }: Element): PortSpec[] {
  const { port, protocol } = attributes;
  return port === undefined || protocol === undefined ? [] : [{ port, protocol }];
}

function forwardPortsOf(root: Element): ForwardPort[] {
  const found = root.children.filter(({ name }) => name === 'forward-port');
  return found.flatMap((one) => {
    const toPort = one.attributes['to-port'];
    const toAddress = one.attributes['to-addr'];
    const rest = { ...(toPort && { toPort }), ...(toAddress && { toAddress }) };
    return portOf(one).map((port) => ({ ...port, ...rest }));
  });
}

/** Attributes without which an element says nothing. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  service: ['name'],
  port: ['port', 'protocol'],
  protocol: ['value'],
  'source-port': ['port', 'protocol'],
  'forward-port': ['port', 'protocol'],
  'icmp-block': ['name'],
  'icmp-block-inversion': [],
  rule: [],
};

function ruleSetOf(name: string, origin: string, root: Element, own: readonly string[]): RuleSet {
  const rules = root.children.filter((child) => child.name === 'rule');
  const read = rules.map(readRichElement);
  const isUnknown = (child: Element) => {
    if (SILENT.includes(child.name) || own.includes(child.name)) return false;
    const needed = ownValue(NEEDED, child.name);
    return needed === undefined || needed.some((one) => child.attributes[one] === undefined);
  };
  const unknown = root.children.filter(isUnknown).map((child) => `<${child.name}>`);
  return {
    name,
    origin,
    target: root.attributes['target'] || 'default',
    services: named(root, 'service', 'name'),
    ports: portsOf(root, 'port'),
    protocols: named(root, 'protocol', 'value'),
    sourcePorts: portsOf(root, 'source-port'),
    forwardPorts: forwardPortsOf(root),
    icmpBlocks: named(root, 'icmp-block', 'name'),
    icmpBlockInversion: root.children.some((child) => child.name === 'icmp-block-inversion'),
    rich: read.filter((rule): rule is RichRule => rule !== undefined),
    unknown: [...unknown, ...read.flatMap((rule) => (rule === undefined ? ['<rule>'] : []))],
  };
}

function zoneOf(name: string, origin: string, root: Element): Zone {
  const sources = root.children.filter((child) => child.name === 'source');
  const bound = sources.map(({ attributes: { address, mac, ipset } }) =>
    ipset === undefined ? (address ?? mac) : `ipset:${ipset}`,
  );
  const base = ruleSetOf(name, origin, root, ['interface', 'source', 'forward']);
  return {
    ...base,
    interfaces: named(root, 'interface', 'name'),
    sources: bound.filter((one) => one !== undefined),
    forward: root.children.some((child) => child.name === 'forward'),
    priority: Number(root.attributes['ingress-priority'] ?? root.attributes['priority']) || 0,
  };
}

function policyOf(name: string, origin: string, root: Element): Policy {
  const base = ruleSetOf(name, origin, root, ['ingress-zone', 'egress-zone']);
  return {
    ...base,
    target: root.attributes['target'] || 'CONTINUE',
    priority: Number(root.attributes['priority'] ?? -1) || -1,
    ingress: named(root, 'ingress-zone', 'name'),
    egress: named(root, 'egress-zone', 'name'),
  };
}

function serviceOf(root: Element): Service {
  const destination = root.children.find(({ name }) => name === 'destination')?.attributes ?? {};
  const { ipv4, ipv6 } = destination;
  return {
    // A port without a number is how older files write a protocol (firewalld.service(5)).
    ports: portsOf(root, 'port').filter(({ port }) => port !== ''),
    protocols: [
      ...named(root, 'protocol', 'value'),
      ...portsOf(root, 'port').flatMap(({ port, protocol }) => (port === '' ? protocol : [])),
    ],
    sourcePorts: portsOf(root, 'source-port'),
    destinations: [
      ...(ipv4 === undefined ? [] : [{ family: 4 as const, address: ipv4 }]),
      ...(ipv6 === undefined ? [] : [{ family: 6 as const, address: ipv6 }]),
    ],
    includes: named(root, 'include', 'service'),
  };
}

function ipsetOf(root: Element): Ipset {
  const options = root.children.filter(({ name }) => name === 'option');
  const option = (name: string) => options.find(({ attributes }) => attributes['name'] === name);
  return {
    type: root.attributes['type'] ?? '',
    family: option('family')?.attributes['value'] === 'inet6' ? 6 : 4,
    entries: root.children.filter(({ name }) => name === 'entry').map(({ text }) => text),
    timed: option('timeout') !== undefined,
  };
}
