import type { Source } from '../../kind.ts';
import type { ForwardPort, PortSpec, RichRule, Zone } from './config.ts';
import { readRichText } from './rich.ts';
import { syntax } from './xml.ts';

/** The header of a zone, and its first line: `public (active)`. */
const HEADER = /^([^\s:()]+)(?: \(([a-z, ]+)\))?$/;
/** Keys of firewall-cmd's output whose values have no say in who gets through. */
const SILENT = ['summary', 'description', 'egress-priority', 'masquerade'];
const KNOWN = [
  'target',
  'ingress-priority',
  'icmp-block-inversion',
  'interfaces',
  'sources',
  'services',
  'ports',
  'protocols',
  'forward',
  'forward-ports',
  'source-ports',
  'icmp-blocks',
  'rich rules',
];

interface Block {
  readonly name: string;
  readonly isDefault: boolean;
  readonly line: number;
  readonly values: Map<string, string[]>;
}

/** Whether a text is the output of `firewall-cmd --list-all-zones` or `--list-all`. */
export function isListing(text: string): boolean {
  return /^\S[^\n]*\n {2}(summary|target): /m.test(text) && !text.trimStart().startsWith('<');
}

const INTERFACES = /^ {2}interfaces:/;

/** Lines of a listing, each with the zone that it stands in. */
function zoned(text: string): { readonly zone: string; readonly line: string }[] {
  let zone = '';
  return text.split('\n').map((line) => {
    zone = HEADER.exec(line.trimEnd())?.[1] ?? zone;
    return { zone, line };
  });
}

/**
 * The listing of what firewalld has saved (`--permanent`), with the interfaces that its zones have
 * now: who brings a device up puts it into its zone, and most never save that.
 */
export function savedListing(permanent: string, now: string): string {
  const assigned = new Map(
    zoned(now).flatMap(({ zone, line }) => (INTERFACES.test(line) ? [[zone, line] as const] : [])),
  );
  return zoned(permanent)
    .map(({ zone, line }) => (INTERFACES.test(line) ? (assigned.get(zone) ?? line) : line))
    .join('\n');
}

/** Reads that output. Throws FIREWALL_SYNTAX for lines of another kind, or a zone that is cut short. */
export function readListing(source: Source): { zones: Zone[]; defaultZone?: string } {
  const blocks = blocksOf(source);
  const zones = blocks.map((block) => zoneOf(block, source));
  const chosen = blocks.find(({ isDefault }) => isDefault)?.name;
  return { zones, ...(chosen !== undefined && { defaultZone: chosen }) };
}

function blocksOf(source: Source): Block[] {
  const blocks: Block[] = [];
  const count = source.text.split('\n').length;
  if (!source.text.endsWith('\n')) throw syntax(source, count, 'the last line does not end');
  let last: string[] | undefined;
  source.text.split('\n').forEach((raw, at) => {
    const line = raw.trimEnd();
    if (line === '') return;
    const header = HEADER.exec(line);
    if (header !== null) {
      const isDefault = header[2]?.includes('default') ?? false;
      blocks.push({ name: header[1] ?? '', isDefault, line: at + 1, values: new Map() });
      last = undefined;
      return;
    }
    const [, key, value = ''] = /^ {2}([a-z -]+):(?: (.*))?$/.exec(line) ?? [];
    const block = blocks.at(-1);
    if (key !== undefined && block !== undefined) {
      last = value === '' ? [] : [value];
      block.values.set(key, last);
    } else if (line.startsWith('\t') && last !== undefined) {
      last.push(line.slice(1));
    } else {
      throw syntax(source, at + 1, `"${line.slice(0, 60)}"`);
    }
  });
  return blocks;
}

function zoneOf({ name, line, values }: Block, source: Source): Zone {
  // The last line of every zone: without it the text ends within one.
  const rules = values.get('rich rules');
  if (rules === undefined) throw syntax(source, line, `zone ${name} has no line "rich rules:"`);
  const words = (key: string) => (values.get(key) ?? []).join(' ').split(' ').filter(Boolean);
  const read = rules.map((text) => readRichText(text) ?? text);
  const strange = [...values.keys()].filter((key) => !KNOWN.includes(key) && !SILENT.includes(key));
  const forwards = (values.get('forward-ports') ?? []).map((text) => forwardOf(text) ?? text);
  const ports = words('ports').map((text) => portOf(text) ?? text);
  const sourcePorts = words('source-ports').map((text) => portOf(text) ?? text);
  return {
    name,
    origin: source.origin,
    target: words('target')[0] ?? 'default',
    services: words('services'),
    ports: understood(ports),
    protocols: words('protocols'),
    sourcePorts: understood(sourcePorts),
    forwardPorts: understood(forwards),
    icmpBlocks: words('icmp-blocks'),
    icmpBlockInversion: words('icmp-block-inversion')[0] === 'yes',
    rich: understood<RichRule>(read),
    unknown: [...strange, ...[...read, ...ports, ...sourcePorts, ...forwards].filter(isText)],
    interfaces: words('interfaces'),
    sources: words('sources'),
    forward: words('forward')[0] === 'yes',
    priority: Number(words('ingress-priority')[0] ?? 0) || 0,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function understood<T extends object>(values: readonly (T | string)[]): T[] {
  return values.filter((value): value is T => !isText(value));
}

function portOf(text: string): PortSpec | undefined {
  const [, port, protocol] = /^([\d-]+)\/(\w+)$/.exec(text) ?? [];
  return port === undefined || protocol === undefined ? undefined : { port, protocol };
}

/** `port=80:proto=tcp:toport=8080:toaddr=10.0.0.2`, the last two may be empty. */
function forwardOf(text: string): ForwardPort | undefined {
  const pattern = /^port=([\d-]+):proto=(\w+):toport=([\d-]*):toaddr=(.*)$/;
  const [, port, protocol, toPort, toAddress] = pattern.exec(text) ?? [];
  if (port === undefined || protocol === undefined) return undefined;
  return { port, protocol, ...(toPort && { toPort }), ...(toAddress && { toAddress }) };
}
