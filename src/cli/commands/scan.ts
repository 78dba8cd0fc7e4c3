import { PosternError } from '../../model/errors.ts';
import type { ScanReport } from '../../model/scan.ts';
import { shellWord } from '../../model/shell-word.ts';
import { compareSeverity } from '../../model/verdict.ts';
import { takeLock } from '../../pipeline/journal/lock.ts';
import { countTargets, look } from '../../pipeline/look.ts';
import { mostDatagrams } from '../../probe/udp/question.ts';
import type { Format, RenderOptions } from '../../report/format.ts';
import { areOwnLoopback, chooseFormat } from '../choose.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { type GivenOptions, SCAN_DEFAULTS, type ScanOptions } from '../options.ts';
import { type OutputFile, outputFiles, printReport, writeReportFile } from '../output.ts';
import { planJson, planText } from '../plan.ts';
import { readPolicy } from '../policy-file.ts';
import { noProgress, type ProgressView, showProgress } from '../progress.ts';
import { openJournal, resumedOptions } from '../resume.ts';
import { type Choice, choose, type Prepared, requestFor } from '../scan-request.ts';
import { showStats } from '../stats.ts';
import { type Terminal, wantsColor } from '../terminal.ts';
import { collectGarbage } from '../thrift.ts';

/** The UDP engine's own default. */
const DATAGRAM_ATTEMPTS = 2;

/** Scans what the command line says and tells the result. Resolves to the exit code. */
export async function scanCommand(
  targets: readonly string[],
  given: GivenOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const options: ScanOptions = { ...SCAN_DEFAULTS, ...given };
  const format = chooseFormat(options);
  const files = await outputFiles(options.output);
  const stopping = options.plan === true ? 'stopped' : 'stopping; what was found follows';
  const interrupt = interruptible(() => terminal.err.write(`\n${stopping}\n`));
  const { signal } = interrupt;
  const stopCollecting = collectGarbage();
  const work = async (choice: Choice): Promise<ExitCode> => {
    const request = await requestFor(choice, version, signal);
    if (options.plan === true) return plan(request, options, terminal);
    const report = await run(request, choice.options, terminal);
    // before printing too; a scan that goes on later is stored when it has ended
    const goesOn = signal.aborted && options.resume !== undefined;
    if (choice.options.save && !goesOn) await save(report, choice.options, terminal);
    await tell(report, format, files, terminal);
    return exitCodeOf(report, options, signal.aborted);
  };
  try {
    if (options.resume === undefined) return await work(await choose(targets, options));
    return await resumably(options.resume, { targets, given, version, signal, terminal }, work);
  } catch (error) {
    if (signal.aborted && !(error instanceof PosternError)) return EXIT.interrupted;
    throw error;
  } finally {
    stopCollecting();
    interrupt.release();
  }
}

/** Scans and resolves to the report; prints nothing but progress and notes. */
export async function lookAt(
  targets: readonly string[],
  given: GivenOptions,
  { terminal, version, signal }: Pick<Resumed, 'terminal' | 'version' | 'signal'>,
): Promise<ScanReport> {
  const options: ScanOptions = { ...SCAN_DEFAULTS, ...given };
  return run(await requestFor(await choose(targets, options), version, signal), options, terminal);
}

interface Resumed {
  readonly targets: readonly string[];
  readonly given: GivenOptions;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** Works with the file of a scan, which no other process uses meanwhile. */
async function resumably(
  path: string,
  { targets, given, version, signal, terminal }: Resumed,
  work: (choice: Choice) => Promise<ExitCode>,
): Promise<ExitCode> {
  const lock = await takeLock(`${path}.lock`, path);
  try {
    const tool = `postern ${version}`;
    const policy = await readPolicy(given);
    const { stdin } = process;
    const journal = await openJournal({ path, targets, given, stdin, tool, signal, policy });
    const options = resumedOptions(journal, given);
    const code = await work({ targets, options, policy: journal.header.settings.policy, journal });
    if (signal.aborted)
      terminal.err.write(`go on with: postern scan --resume ${shellWord(path)}\n`);
    return code;
  } finally {
    await lock.release();
  }
}

async function datagramsEach(ports: readonly number[]): Promise<number> {
  const { QUESTIONS } = await import('../../identify/datagrams.ts');
  return mostDatagrams(QUESTIONS, ports, DATAGRAM_ATTEMPTS);
}

async function plan(
  request: Prepared,
  options: ScanOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  let problems = 0;
  const addresses = await countTargets(request, (found) => {
    problems += 1;
    terminal.err.write(`${found.code}: ${found.message}\n`);
  });
  if (request.signal.aborted) return EXIT.interrupted;
  const { exclusions, ports, udp, shard, pace, engine, identify } = request;
  const facts = {
    addresses,
    loopback: areOwnLoopback(request.targets),
    excluded: exclusions.texts.length,
    ports,
    pace,
    engine,
    identify,
    ...(udp === undefined ? {} : { udp: { ...udp, mostEach: await datagramsEach(udp.ports) } }),
    ...(shard === undefined ? {} : { shard }),
  };
  terminal.out.write(
    options.json === true ? `${JSON.stringify(planJson(facts))}\n` : planText(facts),
  );
  return problems > 0 || addresses === 0 ? EXIT.partial : EXIT.fine;
}

async function run(
  request: Prepared,
  options: ScanOptions,
  terminal: Terminal,
): Promise<ScanReport> {
  const quiet = options.quiet === true;
  let view: ProgressView = noProgress(terminal.err, !quiet);
  const scan = look({
    ...request,
    onProblem: ({ code, message }) => view.message(`${code}: ${message}`),
    onNote: (message) => view.message(`note: ${message}`),
  });
  const slower = request.lacksRights && !areOwnLoopback(request.targets);
  if (options.verbose === true || slower) view.message(`note: ${engineNote(request, options)}`);
  const { progress } = scan;
  const source = { progress, total: () => scan.total(), now: () => performance.now() };
  if (options.stats === true) view = showStats(terminal.err, source);
  else if (!quiet) view = showProgress(terminal.err, source);
  try {
    return await scan.run();
  } finally {
    view.stop();
  }
}

function engineNote({ engine, note }: Prepared, options: ScanOptions): string {
  if (note !== null) return note;
  const why = options.engine === engine.name ? 'it was asked for' : 'the fastest that runs here';
  return `engine ${engine.name}: ${why}`;
}

async function tell(
  report: ScanReport,
  format: Format,
  files: readonly OutputFile[],
  terminal: Terminal,
): Promise<void> {
  const options: RenderOptions = {
    width: terminal.out.columns ?? 80,
    color: wantsColor(terminal.out, process.env),
  };
  // before printing: a reader that goes away (`… | head`) ends the program
  const written = await Promise.allSettled(
    files.map((file) => writeReportFile(file, report, options)),
  );
  await printReport(terminal.out, format, report, options);
  for (const result of written) if (result.status === 'rejected') throw result.reason;
}

/** Loaded after the scan: databases take time and memory that it needs for itself. */
async function save(report: ScanReport, options: ScanOptions, terminal: Terminal): Promise<void> {
  const { saveScan } = await import('../save.ts');
  await saveScan(report, options, terminal);
}

function exitCodeOf(report: ScanReport, options: ScanOptions, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const { failOn } = options;
  const fails =
    failOn !== 'never' &&
    report.findings.some(({ severity }) => compareSeverity(severity, failOn) >= 0);
  if (fails) return EXIT.findings;
  return report.scan.problems.length > 0 ? EXIT.partial : EXIT.fine;
}
