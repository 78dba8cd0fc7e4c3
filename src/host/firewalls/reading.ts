import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../../firewall/kind.ts';
import { kindNamed } from '../../firewall/kinds.ts';
import type { KindName, Layer, Table } from '../../firewall/layer.ts';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import { readText } from '../linux/proc-files.ts';
import { runCommand } from '../run.ts';

interface Failure {
  readonly origin: string;
  readonly problem: string;
}

/** A layer's texts, or why there are none. */
export interface Reading {
  readonly kind: KindName;
  readonly role: Layer['role'];
  readonly sources: readonly Source[];
  readonly failed: readonly Failure[];
  /** Its tool is stopped: the rules exist and do nothing. */
  readonly off?: boolean;
}

/**
 * What programs print: each command is a program and its arguments. One that is not installed, or
 * that prints nothing, is left out.
 */
export async function fromCommands(
  kind: KindName,
  commands: readonly (readonly string[])[],
): Promise<Reading> {
  const sources: Source[] = [];
  const failed: Failure[] = [];
  for (const [program = '', ...args] of commands) {
    const origin = [program, ...args].join(' ');
    const result = await runCommand({ program, args });
    if (result.state === 'ok' && result.stdout.trim() !== '') {
      sources.push({ origin, text: result.stdout });
    }
    if (result.state === 'denied' || result.state === 'failed') {
      failed.push({ origin, problem: result.problem });
    }
  }
  return { kind, role: 'live', sources, failed };
}

/** What files hold that a tool loads. */
export function fromFiles(kind: KindName, paths: readonly string[]): Reading {
  const sources: Source[] = [];
  const failed: Failure[] = [];
  for (const origin of paths) {
    const text = readText(origin);
    if (text === null) failed.push({ origin, problem: 'it cannot be read' });
    else sources.push({ origin, text });
  }
  return { kind, role: 'saved', sources, failed };
}

/** Paths of a folder's files whose name fits, in the order of their names. */
export async function filesIn(folder: string, name: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((one) => name.test(one))
    .sort()
    .map((one) => join(folder, one));
}

function asleep(table: Table): Table {
  return { ...table, dormant: true };
}

/** The layer of a reading; null where nothing was there to read. Adds to `problems` what failed. */
export function toLayer(reading: Reading, problems: PosternError[]): Layer | null {
  const { kind, role, sources, failed, off } = reading;
  if (sources.length === 0 && failed.length === 0) return null;
  for (const { origin, problem: why } of failed) {
    problems.push(problem('FIREWALL_READ', { origin, problem: why, kind }));
  }
  const unread = failed.map(({ origin, problem: why }) => `${origin}: ${why}`);
  const origin = (sources[0] ?? failed[0])?.origin ?? kind;
  const empty: Layer = { kind, origin, role, tables: [], unread };
  if (sources.length === 0) return empty;
  try {
    const layer = kindNamed(kind).read(sources, role);
    if (off === true) {
      // what of it could not be read changes no answer
      return { ...layer, tables: layer.tables.map(asleep), unread: [] };
    }
    return { ...layer, unread: [...layer.unread, ...unread] };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    problems.push(error);
    return { ...empty, unread: [...unread, messageOf(error)] };
  }
}
