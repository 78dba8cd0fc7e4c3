import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** Where this machine keeps its own list of names (hosts(5)). */
export function hostsFilePath(): string {
  return process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';
}

/** Lower-case name to its addresses, in the order of the lines. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/** Reads hosts(5) text: `address name [alias…]`, `#` begins a comment. Lines it cannot use are left out. */
export function readHosts(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) addTo(table, name.toLowerCase(), address);
  }
  return table;
}

function addTo(table: Map<string, string[]>, name: string, address: string): void {
  const known = table.get(name);
  if (known === undefined) table.set(name, [address]);
  else if (!known.includes(address)) known.push(address);
}

/** The table of a file; empty where the file is absent or cannot be read, as the C library has it. */
export async function loadHosts(path: string): Promise<HostsTable> {
  try {
    return readHosts(await readFile(path, 'utf8'));
  } catch {
    return new Map();
  }
}
