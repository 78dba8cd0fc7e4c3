import { InvalidArgumentError } from 'commander';
import { PORT_STATES, type PortState } from '../model/port.ts';
import type { Severity } from '../model/verdict.ts';
import type { Limit } from '../probe/engine.ts';
import type { PhantomMode } from '../probe/phantom/host-watch.ts';
import { parseShard, type Shard } from '../targets/shard.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly policy?: string;
  /** Folder of the store. */
  readonly data?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export interface ScanOptions extends GlobalOptions {
  readonly ports?: string;
  readonly top?: number;
  readonly engine: string;
  readonly rate: Limit | 'auto';
  readonly perHost: Limit | 'auto';
  readonly timeout?: number;
  readonly exclude: readonly string[];
  readonly edges?: string;
  readonly identify: boolean;
  /** Whether to store what was found. */
  readonly save: boolean;
  readonly phantoms: PhantomMode;
  readonly format?: string;
  readonly output: readonly string[];
  readonly show: readonly PortState[];
  readonly failOn: Severity | 'never';
  readonly plan?: boolean;
  readonly stats?: boolean;
  readonly seed?: number;
  readonly shard?: Shard;
  readonly resume?: string;
}

/** What stands on the command line; `identify` and `save` are there only when switched off. */
export type GivenOptions = Partial<ScanOptions>;

/** What holds when an option is not given. Kept out of commander, whose help would print each. */
export const SCAN_DEFAULTS = {
  engine: 'auto',
  rate: 'auto',
  perHost: 'auto',
  exclude: [],
  identify: true,
  save: true,
  phantoms: 'auto',
  output: [],
  show: ['open'],
  failOn: 'high',
} as const satisfies ScanOptions;

function positive(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || !Number.isFinite(number)) {
    throw new InvalidArgumentError('It must be a number above 0, max or auto.');
  }
  return number;
}

export function readLimit(text: string): Limit | 'auto' {
  return text === 'max' || text === 'auto' ? text : positive(text);
}

export function readTop(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return Number(text);
}

export function readTimeout(text: string): number {
  const ms = Number(text);
  if (!/^\d{1,9}$/.test(text) || ms < 50 || ms > 120_000) {
    throw new InvalidArgumentError('It must be a whole number of milliseconds, 50 to 120000.');
  }
  return ms;
}

export function readSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff) {
    throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  }
  return Number(text);
}

export function readShard(text: string): Shard {
  const shard = parseShard(text);
  if (shard !== null) return shard;
  throw new InvalidArgumentError('It must be part and number of parts, such as 2/3, up to 65535.');
}

export function readShow(text: string): readonly PortState[] {
  if (text === 'all') return PORT_STATES;
  return text.split(',').map((word) => {
    const state = PORT_STATES.find((known) => known === word.trim());
    if (state === undefined) {
      throw new InvalidArgumentError(`It must be all, or some of ${PORT_STATES.join(', ')}.`);
    }
    return state;
  });
}

/** Collects an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
