import { canonicalAddress, familyOf } from '../../model/address.ts';
import type { Transport } from '../../model/port.ts';

/** A socket that accepts traffic, and the process that holds it. */
export interface LsofSocket {
  readonly pid: number;
  readonly program: string;
  readonly user: string;
  readonly transport: Transport;
  /** Of the socket. */
  readonly family: 4 | 6;
  /** Canonical text; `0.0.0.0` or `::` for lsof's `*`. */
  readonly bind: string;
  readonly port: number;
}

/** KAME's way to write the zone of a link-local address into its second group. */
const EMBEDDED_ZONE = /^fe80:([\da-f]{1,4})::/i;

/**
 * Reads `lsof -F pcuLftPnT` (lsof(8), OUTPUT FOR OTHER PROGRAMS): a line for each field, a `p` for each
 * process, an `f` for each file of it. Connected sockets and those without a port are left out.
 */
export function readLsof(text: string): LsofSocket[] {
  const sockets: LsofSocket[] = [];
  let process = new Map<string, string>();
  let file = new Map<string, string>();
  const end = () => {
    const socket = socketOf(process, file);
    if (socket !== null) sockets.push(socket);
    file = new Map();
  };
  for (const line of text.split('\n')) {
    const field = line.charAt(0);
    if (field === 'p' || field === 'f') end();
    if (field === 'p') process = new Map();
    const owner = 'pcuL'.includes(field) ? process : file;
    const name = line.startsWith('TST=') ? 'state' : field;
    if (field !== '') owner.set(name, line.slice(name === 'state' ? 4 : 1));
  }
  end();
  return sockets;
}

function socketOf(
  process: ReadonlyMap<string, string>,
  file: ReadonlyMap<string, string>,
): LsofSocket | null {
  const transport = file.get('P')?.toLowerCase();
  const family = file.get('t') === 'IPv6' ? 6 : 4;
  const place = readPlace(file.get('n') ?? '', family);
  const pid = Number(process.get('p'));
  if ((transport !== 'tcp' && transport !== 'udp') || place === null) return null;
  if (transport === 'tcp' && (file.get('state') ?? 'LISTEN') !== 'LISTEN') return null;
  if (!Number.isInteger(pid)) return null;
  const program = unescape(process.get('c') ?? '');
  return {
    pid,
    program,
    user: process.get('L') ?? process.get('u') ?? '',
    transport,
    family,
    ...place,
  };
}

/** `*:22`, `127.0.0.1:631`, `[::1]:631`; null for a connection (`…->…`) and for no port (`*:*`). */
function readPlace(name: string, family: 4 | 6): Pick<LsofSocket, 'bind' | 'port'> | null {
  const [, host = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(name) ?? [];
  const port = Number(digits);
  if (digits === '' || port === 0 || port > 65_535) return null;
  const bind = host === '*' ? anyAddress(family) : canonicalAddress(bareAddress(host));
  return bind === null || (familyOf(bind) === 6 && family === 4) ? null : { bind, port };
}

function bareAddress(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const zone = EMBEDDED_ZONE.exec(bare)?.[1];
  if (zone === undefined) return bare;
  return `${bare.replace(EMBEDDED_ZONE, 'fe80::')}%${Number.parseInt(zone, 16)}`;
}

export function anyAddress(family: 4 | 6): string {
  return family === 4 ? '0.0.0.0' : '::';
}

/** lsof writes characters that are not printable as `\xNN`, a space among them. */
function unescape(text: string): string {
  return text.replace(/\\x20/g, ' ');
}
