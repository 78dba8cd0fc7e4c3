import { readFile } from 'node:fs/promises';
import { scanReport } from '../contract/scan.ts';
import { messageOf, problem } from '../model/errors.ts';
import type { ScanReport } from '../model/scan.ts';
import type { InsideFacts } from '../pipeline/audit.ts';
import { type OutsideView, outsideView } from '../pipeline/outside.ts';
import { lookAt } from './commands/scan.ts';
import type { AuditOptions } from './inside-program.ts';
import { interruptible } from './interrupt.ts';
import type { Terminal } from './terminal.ts';

function ownAddresses({ machine }: InsideFacts): readonly string[] {
  return machine.devices
    .filter(({ loopback, up }) => up && !loopback)
    .flatMap(({ name, addresses }) =>
      addresses.map(({ address }) =>
        address.startsWith('fe80:') ? `${address.split('%', 1)[0]}%${name}` : address,
      ),
    );
}

/** All TCP ports, and the UDP ports that have a listener. */
function portsToLookAt({ listeners }: InsideFacts): string {
  const udp = listeners.filter(({ transport }) => transport === 'udp').map(({ port }) => port);
  return ['1-65535', ...[...new Set(udp)].map((port) => `U:${port}`)].join(',');
}

/** Scans this host's own addresses from itself. */
export async function lookAtItself(
  facts: InsideFacts,
  options: AuditOptions,
  terminal: Terminal,
  version: string,
): Promise<OutsideView> {
  const addresses = ownAddresses(facts);
  const interrupt = interruptible(() => terminal.err.write('\nstopping\n'));
  try {
    const { signal } = interrupt;
    const given = {
      ports: portsToLookAt(facts),
      show: ['open', 'filtered', 'unreachable'],
      rate: 'max',
      perHost: 'max',
      ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
    } as const;
    const report = await lookAt(addresses, given, { terminal, version, signal });
    return outsideView(report, addresses, true);
  } finally {
    interrupt.release();
  }
}

async function readScan(path: string): Promise<ScanReport> {
  try {
    const read = scanReport.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the document'}: ${issue?.message}`);
  } catch (error) {
    throw problem('AUDIT_OUTSIDE', { value: path, problem: messageOf(error) }, error);
  }
}

/** What a scan that was made elsewhere says of this host. Throws AUDIT_OUTSIDE. */
export async function lookedAtBefore(path: string, facts: InsideFacts): Promise<OutsideView> {
  return outsideView(await readScan(path), ownAddresses(facts), false);
}
