import { writeFile } from 'node:fs/promises';
import type { AuditReport } from '../../model/audit.ts';
import { messageOf, problem } from '../../model/errors.ts';
import { compareSeverity, type Severity } from '../../model/verdict.ts';
import type { InsideFacts } from '../../pipeline/audit.ts';
import type { OutsideView } from '../../pipeline/outside.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { auditHost, readBasis } from '../host-audit.ts';
import type { AuditOptions } from '../inside-program.ts';
import { type Terminal, wantsColor, write } from '../terminal.ts';
import { optimizeLater } from '../thrift.ts';

async function outsideOf(
  facts: InsideFacts,
  options: AuditOptions,
  terminal: Terminal,
  version: string,
): Promise<{ outside?: OutsideView }> {
  const { outside } = options;
  if (outside === undefined) return {};
  // a scan and its schema take 80 ms and 18 MB, which an audit from inside alone saves
  const { lookAtItself, lookedAtBefore } = await import('../look-outside.ts');
  if (outside === true) return { outside: await lookAtItself(facts, options, terminal, version) };
  return { outside: await lookedAtBefore(outside, facts) };
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
  // measuring text takes 50 ms to load, which JSON saves
  const { auditTable } = await import('../../report/audit/table.ts');
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
  const report = await auditHost(await readBasis(options), version, (facts) =>
    outsideOf(facts, options, terminal, version),
  );
  await tell(report, options, terminal);
  const { failOn = 'high' } = options;
  if (failOn !== 'never' && compareSeverity(worst(report), failOn) >= 0) return EXIT.findings;
  return report.audit.problems.length > 0 ? EXIT.partial : EXIT.fine;
}
