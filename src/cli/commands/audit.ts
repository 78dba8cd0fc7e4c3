import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { scanReport } from '../../contract/scan.ts';
import type { AuditReport } from '../../model/audit.ts';
import { messageOf, problem } from '../../model/errors.ts';
import type { ScanReport } from '../../model/scan.ts';
import { compareSeverity, type Severity } from '../../model/verdict.ts';
import { audit, type InsideFacts } from '../../pipeline/audit.ts';
import { lookInside } from '../../pipeline/inside.ts';
import { type OutsideView, outsideView } from '../../pipeline/outside.ts';
import { auditTable } from '../../report/audit/table.ts';
import { choosePolicy, readPolicy } from '../choose.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readFirewallFile } from '../firewall-files.ts';
import type { AuditOptions } from '../inside-program.ts';
import { interruptible } from '../interrupt.ts';
import { type Terminal, wantsColor, write } from '../terminal.ts';
import { optimizeLater } from '../thrift.ts';
import { lookAt } from './scan.ts';

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

async function lookAtItself(
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

/** Reads the report of a scan that was made elsewhere. Throws AUDIT_OUTSIDE. */
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

async function outsideOf(
  facts: InsideFacts,
  options: AuditOptions,
  terminal: Terminal,
  version: string,
): Promise<{ outside?: OutsideView }> {
  const { outside } = options;
  if (outside === undefined) return {};
  if (outside === true) return { outside: await lookAtItself(facts, options, terminal, version) };
  return { outside: outsideView(await readScan(outside), ownAddresses(facts), false) };
}

function worst({ doors, flaws }: AuditReport): Severity {
  const all = [
    ...doors.map(({ verdict }) => verdict.severity),
    ...flaws.map((flaw) => flaw.severity),
  ];
  return all.sort(compareSeverity).at(-1) ?? 'info';
}

async function tell(report: AuditReport, options: AuditOptions, terminal: Terminal): Promise<void> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  for (const path of options.output ?? []) {
    await writeFile(path, json).catch((error: unknown) => {
      throw problem('OUTPUT_FILE', { value: path, problem: messageOf(error) }, error);
    });
  }
  if (options.json === true) return write(terminal.out, json);
  const width = terminal.out.columns ?? 80;
  const color = wantsColor(terminal.out, process.env);
  for (const piece of auditTable(report, { width, color })) await write(terminal.out, piece);
}

/** Audits this host and tells the result. Resolves to the exit code. */
export async function auditCommand(
  options: AuditOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  optimizeLater();
  const policy = await choosePolicy(await readPolicy(options));
  const before = await Promise.all((options.firewall ?? []).map((path) => readFirewallFile(path)));
  const facts = await lookInside(before);
  const report = audit({
    facts,
    ...(await outsideOf(facts, options, terminal, version)),
    policy,
    id: randomUUID(),
    tool: `postern ${version}`,
    at: new Date().toISOString(),
  });
  await tell(report, options, terminal);
  const { failOn = 'high' } = options;
  if (failOn !== 'never' && compareSeverity(worst(report), failOn) >= 0) return EXIT.findings;
  return report.audit.problems.length > 0 ? EXIT.partial : EXIT.fine;
}
