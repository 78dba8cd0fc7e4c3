import { problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';
import type { Layer, Table } from '../../layer.ts';
import { isList, isObject, type Json, only } from './json.ts';
import { lower } from './lower.ts';
import { objectsOfText } from './text.ts';

/** The schema that libnftables-json(5) describes. */
const SCHEMA = 1;

/**
 * Reads `nft -j list ruleset`, or a text that `nft -f` would load. Of several texts the first
 * is the main one; the others are what it includes, named as it names them.
 */
export function read(sources: readonly Source[], role: Layer['role']): Layer {
  const [first] = sources;
  const origin = first?.origin ?? 'nothing';
  if (first === undefined) throw syntax(origin, 1, 'no text was given');
  const json = isJson(first.text);
  const { objects, unread } = json ? objectsOfJson(first) : objectsOfText(first, sources.slice(1));
  const lowered = lower(objects, origin);
  return {
    kind: 'nftables',
    origin,
    role,
    tables: lowered.tables,
    unread: [...unread, ...lowered.unread, ...(json ? [] : emptiness(lowered.tables, origin))],
  };
}

/** JSON has an end that cannot be lost; a text may be what a longer one began with. */
function emptiness(tables: readonly Table[], origin: string): readonly string[] {
  if (tables.some(({ chains }) => chains.length > 0)) return [];
  return [`${origin}: holds no chain; if it was not cut short, it lets everything in`];
}

export function isJson(text: string): boolean {
  return /^\s*\{\s*"/.test(text) || /^\s*\{\s*$/.test(text);
}

export function syntax(origin: string, line: number, found: string): Error {
  return problem('FIREWALL_SYNTAX', { origin, line, kind: 'nftables', problem: found });
}

interface Objects {
  readonly objects: readonly Json[];
  readonly unread: readonly string[];
}

function objectsOfJson({ origin, text }: Source): Objects {
  const document = parse(origin, text);
  const list = isObject(document) ? document['nftables'] : undefined;
  if (!isList(list)) throw syntax(origin, 1, 'it holds no "nftables" list');
  const [kind, info] = only(list[0] ?? null) ?? [];
  // Without it a list that was emptied on the way would be a host without rules.
  if (list.length === 0) throw syntax(origin, 1, 'the list is empty, even of "metainfo"');
  const version = kind === 'metainfo' && isObject(info) ? info['json_schema_version'] : undefined;
  const unread =
    version === undefined || version === SCHEMA
      ? []
      : [
          `${origin}: schema version ${JSON.stringify(version)} of nft's JSON is newer than Postern knows`,
        ];
  const commands = list.map((object) => unwrapped(object));
  return {
    objects: commands.flatMap((command) => (command === undefined ? [] : [command])),
    unread: [
      ...unread,
      ...(commands.includes(undefined) ? [`${origin}: holds commands other than "add"`] : []),
    ],
  };
}

/** What `nft -j -f` loads has each object in a command. */
function unwrapped(object: Json): Json | undefined {
  const [kind, value] = only(object) ?? [];
  if (kind === 'add' || kind === 'create') return value;
  if (kind === 'flush' && only(value ?? null)?.[0] === 'ruleset') return { metainfo: {} };
  return kind !== undefined && COMMANDS.has(kind) ? undefined : object;
}

const COMMANDS = new Set([
  'insert',
  'replace',
  'delete',
  'destroy',
  'flush',
  'rename',
  'reset',
  'list',
]);

function parse(origin: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw syntax(origin, lineOf(text, found), `broken JSON: ${found.slice(0, 80)}`);
  }
}

/** The line of "at position N"; the last one where it says that the text ended. */
function lineOf(text: string, message: string): number {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  return text.slice(0, position === undefined ? text.length : Number(position)).split('\n').length;
}
