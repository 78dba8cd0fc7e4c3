import type { Change } from '../firewall/kind.ts';
import type { Listener, Publication } from '../model/listener.ts';
import { shellWord } from '../model/shell-word.ts';
import type { ServiceAdvice } from './services/advice.ts';
import { DATA_STORES } from './services/data-stores.ts';
import { SYSTEM } from './services/system.ts';
import { WEB } from './services/web.ts';

/** All programs that Postern knows a setting of. */
export const SERVICES: readonly ServiceAdvice[] = [...DATA_STORES, ...WEB, ...SYSTEM];

/** The better fix beside a firewall rule: at the program that holds the port. */
export interface ServiceFix {
  /** `bind`: answer on one address only; `disable`: not at all; `unpublish`: keep a container's port inside. */
  readonly how: 'bind' | 'disable' | 'unpublish';
  /** One sentence. */
  readonly todo: string;
  /** Lines to write, or commands to run. */
  readonly lines: readonly string[];
  /** Where the lines belong; absent: they are commands. */
  readonly file?: string;
  /** Where the setting is documented. */
  readonly source?: string;
}

export interface Doors {
  readonly listeners: readonly Listener[];
  readonly publications: readonly Publication[];
}

const BY_NAME = new Map(
  SERVICES.flatMap((service) => service.programs.map((name) => [name, service] as const)),
);

/** The settings of a program; null for one that is not known. */
export function adviceFor(listener: Listener): ServiceAdvice | null {
  const { unit, executable, program, package: owner } = listener;
  const unitName = unit?.replace(/\.(?:service|socket)$/, '').replace(/@.*$/, '');
  // a unit tells more than the interpreter it runs: elasticsearch.service is java
  const names = [unitName, program, executable?.split('/').at(-1), owner?.name];
  for (const name of names) {
    const advice = name === undefined ? undefined : BY_NAME.get(name);
    if (advice !== undefined) return advice;
  }
  return null;
}

/**
 * What could be done at the service instead of, or beside, the change. `address`: where it may still
 * answer (the loopback for a port that is closed); without one no bind address helps.
 */
export function serviceFixes(
  { transport, port, only, device }: Pick<Change, 'transport' | 'port' | 'only' | 'device'>,
  doors: Doors,
  address: string | undefined,
): ServiceFix[] {
  const published = doors.publications
    .filter((one) => one.transport === transport && one.port === port)
    .map((one) => unpublish(one, address ?? '127.0.0.1'));
  if (published.length > 0) return published;
  const seen = new Set<string>();
  const fixes: ServiceFix[] = [];
  for (const listener of doors.listeners) {
    if (listener.transport !== transport || listener.port !== port) continue;
    if (listener.scope === 'loopback') continue;
    const key = `${listener.program} ${listener.unit}`;
    if (!seen.has(key)) fixes.push(...fixesOf(listener, address));
    seen.add(key);
  }
  const isNeeded = only !== undefined || device !== undefined;
  return isNeeded ? fixes.filter(({ how }) => how !== 'disable') : fixes;
}

function fixesOf(listener: Listener, address: string | undefined): ServiceFix[] {
  const advice = adviceFor(listener);
  const bind = advice === null || address === undefined ? [] : bindFix(advice, listener, address);
  return [...bind, ...disableFix(advice, listener, bind.length > 0 ? 'Or, if' : 'If')];
}

function bindFix(advice: ServiceAdvice, { port }: Listener, address: string): ServiceFix[] {
  const { bind, note, source, programs } = advice;
  if (bind === undefined) return [];
  const text = (line: string) => fill(line, address, port);
  const more = note === undefined ? '' : ` ${text(note)}`;
  return [
    {
      how: 'bind',
      todo: `Let ${programs[0]} answer on ${address} only, then restart it.${more}`,
      file: bind.file,
      lines: bind.lines.map(text),
      source,
    },
  ];
}

/** An IPv6 address before a port stands in brackets (RFC 3986, 3.2.2). */
function fill(line: string, address: string, port: number): string {
  const bracketed = address.includes(':') ? `[${address}]` : address;
  return line
    .replaceAll('{address}:', `${bracketed}:`)
    .replaceAll('{address}', address)
    .replaceAll('{port}', String(port));
}

function disableFix(
  advice: ServiceAdvice | null,
  { unit, program }: Listener,
  when: string,
): ServiceFix[] {
  const known = advice?.units ?? [];
  const stem = unit?.replace(/\.\w+$/, '');
  // the socket of a unit would start it again
  const sockets = known.filter((name) => name.endsWith('.socket') && name.startsWith(`${stem}.`));
  const units = unit === undefined ? known.slice(0, 1) : [...new Set([...sockets, unit])];
  if (units.length === 0 || /\.(?:scope|slice)$/.test(units[0] ?? '')) return [];
  return [
    {
      how: 'disable',
      todo: `${when} nobody needs ${program ?? unit ?? 'it'}, switch it off.`,
      lines: [`systemctl disable --now ${units.map(shellWord).join(' ')}`],
    },
  ];
}

function unpublish(
  { transport, port, container, containerPort }: Publication,
  address: string,
): ServiceFix {
  const suffix = transport === 'udp' ? '/udp' : '';
  const bracketed = address.includes(':') ? `[${address}]` : address;
  const tool = container.runtime === 'podman' ? 'podman' : 'docker';
  const run = `${tool} run -p ${bracketed}:${port}:${containerPort}${suffix} …`;
  return {
    how: 'unpublish',
    todo: `Publish the port of container ${container.name} on ${address} only (or take -p away: containers of one network need none), and start it anew.`,
    lines: [run, `compose.yaml: ports: ["${bracketed}:${port}:${containerPort}${suffix}"]`],
    source: 'https://docs.docker.com/engine/network/port-publishing/',
  };
}
