import { problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';
import type { Family, Layer, Rule, Table } from '../../layer.ts';
import { readTables } from '../iptables/read.ts';
import { readSaveText } from '../iptables/save-text.ts';
import { type ComposedLine, compose, type Files } from './compose.ts';
import { readSettings, type Settings } from './settings.ts';
import { annotate, type Notes } from './user-rules.ts';

type Role = 'defaults' | 'conf' | `${'before' | 'after' | 'user'}${'' | '6'}`;

/** Files of ufw(8) and ufw-framework(8) by their names. */
const NAMES: readonly (readonly [RegExp, Role])[] = [
  [/(?:^|[/\\])user\.rules$/, 'user'],
  [/(?:^|[/\\])user6\.rules$/, 'user6'],
  [/(?:^|[/\\])before\.rules$/, 'before'],
  [/(?:^|[/\\])before6\.rules$/, 'before6'],
  [/(?:^|[/\\])after\.rules$/, 'after'],
  [/(?:^|[/\\])after6\.rules$/, 'after6'],
  [/(?:^|[/\\])ufw\.conf$/, 'conf'],
  [/default[/\\]ufw$/, 'defaults'],
];

/** The same by what they hold. */
const CONTENTS: readonly (readonly [RegExp, Role])[] = [
  [/^:ufw-user-input\b/m, 'user'],
  [/^:ufw6-user-input\b/m, 'user6'],
  [/^:ufw-before-input\b/m, 'before'],
  [/^:ufw6-before-input\b/m, 'before6'],
  [/^:ufw-after-input\b/m, 'after'],
  [/^:ufw6-after-input\b/m, 'after6'],
  [/^[ \t]*DEFAULT_INPUT_POLICY=/m, 'defaults'],
  [/^[ \t]*ENABLED=/m, 'conf'],
];

/** Which of ufw's files it is; undefined for none. */
export function roleOf({ origin, text }: Source): Role | undefined {
  const named = NAMES.find(([pattern]) => pattern.test(origin));
  return (named ?? CONTENTS.find(([pattern]) => pattern.test(text)))?.[1];
}

/**
 * The tables that ufw loads, or would load: they are dormant while ufw is disabled. Rules of
 * user.rules have ufw's number as their handle and its command as their text. A file that is missing
 * leaves rules that may do anything in its place.
 */
export function read(sources: readonly Source[], role: Layer['role']): Layer {
  const files = byRole(sources);
  const settings = readSettings([files.get('defaults'), files.get('conf')].filter(isThere));
  const unread = [...missing(files, settings)];
  const notes = annotate(files.get('user'), files.get('user6'));
  const tables = ([4, 6] as const).flatMap((family) => {
    const found = readFamily(settings, filesOf(files, family), family, notes);
    unread.push(...found.unread);
    return found.tables;
  });
  return {
    kind: 'ufw',
    origin: '/etc/ufw',
    role,
    tables: settings.enabled === false ? tables.map(asleep) : tables,
    unread: [...unread, ...notes.unread],
  };
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function asleep(table: Table): Table {
  return { ...table, dormant: true };
}

function byRole(sources: readonly Source[]): Map<Role, Source> {
  const files = new Map<Role, Source>();
  for (const source of sources) {
    const found = roleOf(source);
    if (found === undefined) throw foreign(source);
    // ufw-init takes an empty file for a missing one.
    if (source.text.trim() !== '') files.set(found, source);
    // Says where in which file a fault is; what is composed of them has other lines.
    if (found !== 'conf' && found !== 'defaults') readSaveText(source);
  }
  return files;
}

function foreign({ origin }: Source) {
  return problem('FIREWALL_SYNTAX', {
    origin,
    line: 1,
    kind: 'ufw',
    problem: 'neither its name nor what it holds is that of a file of ufw',
  });
}

function missing(files: ReadonlyMap<Role, Source>, settings: Settings): string[] {
  const names = ['before', 'after', 'user'] as const;
  const rules =
    settings.ipv6 === false ? names : [...names, ...names.map((name) => `${name}6` as const)];
  const { enabled, ipv6, policies } = settings;
  const unset = [
    ...(enabled === undefined ? ['ENABLED'] : []),
    ...(ipv6 === undefined ? ['IPV6'] : []),
    ...Object.entries(policies).flatMap(([side, policy]) =>
      policy === undefined ? [`DEFAULT_${side.toUpperCase()}_POLICY`] : [],
    ),
  ];
  return [
    ...rules
      .filter((name) => !files.has(name))
      .map((name) => `/etc/ufw/${name}.rules was not read`),
    ...unset.map((name) => `${name} in /etc/default/ufw and /etc/ufw/ufw.conf was not read`),
  ];
}

function filesOf(files: ReadonlyMap<Role, Source>, family: Family): Files {
  const of = (name: 'before' | 'after' | 'user') => files.get(family === 4 ? name : `${name}6`);
  const [before, after, user] = [of('before'), of('after'), of('user')];
  return { ...(before && { before }), ...(after && { after }), ...(user && { user }) };
}

function readFamily(
  settings: Settings,
  files: Files,
  family: Family,
  notes: Notes,
): Pick<Layer, 'tables' | 'unread'> {
  const lines = compose(settings, files, family);
  const text = lines.map((line) => `${line.text}\n`).join('');
  const origin = family === 4 ? 'ufw iptables' : 'ufw ip6tables';
  const { tables, unread } = readTables({ origin, text }, new Map());
  return { tables: tables.map((table) => placed(table, lines, notes)), unread };
}

/** Gives rules the line and the words that they have in their files. */
function placed(table: Table, lines: readonly ComposedLine[], notes: Notes): Table {
  const place = (rule: Rule): Rule => {
    const { line: at = 0, ...rest } = rule;
    const { origin, line } = lines[at - 1] ?? {};
    if (origin === undefined || line === undefined) return rest;
    return { ...rest, line, ...notes.of(origin, line) };
  };
  return {
    ...table,
    chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(place) })),
  };
}
