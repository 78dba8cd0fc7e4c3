import { readFileSync } from 'node:fs';
import type { Layer } from '../../firewall/layer.ts';
import { libcUnavailable, loadLibc } from '../../net/linux/libc.ts';
import { listNftTables } from '../../net/linux/nft-tables.ts';
import { isDenied, readText } from '../linux/proc-files.ts';
import { CLOSED, reasonOf } from '../linux/reasons.ts';
import type { Reading } from './reading.ts';

const LEGACY_TABLES = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'];

/**
 * What the kernel holds for nftables where nft is not installed: rules that nobody can read fail the
 * reading, but for those tables that iptables has told.
 */
export async function withoutNft(told: readonly Layer[]): Promise<Reading> {
  const known = new Set(
    told
      .filter(({ unread }) => unread.length === 0)
      .flatMap(({ tables }) => tables.map(({ family, name }) => `${family} ${name}`)),
  );
  const tables = await nftTables();
  const failed = (problem: string) => ({ origin: 'nft', problem });
  return {
    kind: 'nftables',
    role: 'live',
    sources: [],
    failed:
      typeof tables === 'string'
        ? [failed(`it is not installed, and the kernel could not be asked (${tables})`)]
        : tables
            .filter((table) => !known.has(table))
            .map((table) => failed(`it is not installed, and there is the table ${table}`)),
  };
}

async function nftTables(): Promise<readonly string[] | string> {
  const unavailable = await libcUnavailable();
  if (unavailable !== null) return unavailable;
  const tables = listNftTables(await loadLibc());
  return typeof tables === 'number' ? reasonOf(tables) : tables;
}

/** The same of iptables-legacy. */
export function withoutLegacy(): Reading {
  const failed = LEGACY_TABLES.flatMap((origin) => {
    const problem = legacyTables(origin);
    return problem === null ? [] : [{ origin, problem }];
  });
  return { kind: 'iptables', role: 'live', sources: [], failed };
}

/** The file is there when the kernel's module is. */
function legacyTables(path: string): string | null {
  const text = readText(path);
  if (text === null) return isDenied(() => readFileSync(path)) ? CLOSED : null;
  const names = text.split('\n').filter((name) => name !== '');
  if (names.length === 0) return null;
  return `iptables-legacy-save is not installed, and there are the tables ${names.join(', ')}`;
}
