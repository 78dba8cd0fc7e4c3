import { canonicalAddress, familyOf } from '../../model/address.ts';
import type { Transport } from '../../model/port.ts';
import { runCommand } from '../run.ts';

/** A socket that systemd opened itself, for the service it starts (systemd.socket(5)). */
export interface SocketUnit {
  readonly unit: string;
  readonly transport: Transport;
  /** Canonical text. */
  readonly bind: string;
  readonly port: number;
  /** The service's executable; absent where it has none of its own (`Accept=yes`). */
  readonly executable?: string;
}

/** Empty where systemd does not answer. */
export async function readSocketUnits(): Promise<SocketUnit[]> {
  const sockets = await show(['*.socket'], 'Id,Listen,Triggers');
  const services = readBlocks(sockets).flatMap((block) => valuesOf(block, 'Triggers'));
  const named = services.flatMap((value) => value.split(' ')).filter((name) => name !== '');
  const started = named.length === 0 ? '' : await show(named, 'Id,ExecStart');
  return readUnits(sockets, started);
}

async function show(units: readonly string[], properties: string): Promise<string> {
  const args = ['show', `--property=${properties}`, '--no-pager', '--', ...units];
  const result = await runCommand({ program: 'systemctl', args, timeoutMs: 3000 });
  // one unit that it does not know is no reason to forget the others
  return result.state === 'ok' || result.state === 'failed' ? result.stdout : '';
}

/** Reads what `systemctl show` says of sockets (Id, Listen, Triggers) and of services (Id, ExecStart). */
export function readUnits(sockets: string, services: string): SocketUnit[] {
  const programs = new Map(
    readBlocks(services).map((block) => [first(block, 'Id'), program(block)]),
  );
  return readBlocks(sockets).flatMap((block) => {
    const unit = first(block, 'Id');
    const executable = programs.get(first(block, 'Triggers'));
    return valuesOf(block, 'Listen')
      .map(readListen)
      .filter((listen) => listen !== null)
      .map((listen) => ({ unit, ...listen, ...(executable ? { executable } : {}) }));
  });
}

type Block = readonly (readonly [string, string])[];

/** Units are parted by an empty line; a property may stand more than once. */
function readBlocks(text: string): Block[] {
  return text.split(/\n\s*\n/).map((block) =>
    block.split('\n').map((line) => {
      const sign = line.indexOf('=');
      return [line.slice(0, Math.max(0, sign)), line.slice(sign + 1)] as const;
    }),
  );
}

function valuesOf(block: Block, property: string): string[] {
  return block.filter(([name]) => name === property).map(([, value]) => value);
}

function first(block: Block, property: string): string {
  return valuesOf(block, property)[0] ?? '';
}

/** `{ path=/usr/sbin/sshd ; argv[]=… }` */
function program(block: Block): string | undefined {
  return /\bpath=(\/[^ ;]*)/.exec(first(block, 'ExecStart'))?.[1];
}

/** `[::]:22 (Stream)`, `127.0.0.53:53 (Datagram)`; null for a path and what else can be listened on. */
function readListen(value: string): Pick<SocketUnit, 'transport' | 'bind' | 'port'> | null {
  const match = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})(?:%\S+)? \((Stream|Datagram)\)$/.exec(value);
  const [, v6, v4, port, kind] = match ?? [];
  const bind = canonicalAddress(v6 ?? v4 ?? '');
  if (bind === null || Number(port) > 65_535) return null;
  return { bind, port: Number(port), transport: kind === 'Stream' ? 'tcp' : 'udp' };
}

/** The unit that opened a socket; `[::]` may stand for both families. */
export function unitOfSocket(
  units: readonly SocketUnit[],
  socket: { readonly transport: Transport; readonly local: string; readonly port: number },
): SocketUnit | undefined {
  const same = units.filter(
    ({ transport, port }) => transport === socket.transport && port === socket.port,
  );
  const [bare = ''] = socket.local.split('%');
  const family = familyOf(bare);
  return (
    same.find(({ bind }) => bind.split('%')[0] === bare) ??
    same.find(({ bind }) => familyOf(bind) === family && same.length === 1)
  );
}
