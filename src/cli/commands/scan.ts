import { randomInt, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { judge } from '../../judge/judge.ts';
import { isLoopback } from '../../model/network.ts';
import type { Policy } from '../../model/policy.ts';
import type { ScanReport, Vantage } from '../../model/scan.ts';
import { compareSeverity } from '../../model/verdict.ts';
import { createResolver } from '../../net/dns.ts';
import { countTargets, type LookRequest, look } from '../../pipeline/look.ts';
import type { PhantomSearch } from '../../pipeline/phantoms.ts';
import type { Seen } from '../../pipeline/scan.ts';
import { chooseEngineWithNote } from '../../probe/engines.ts';
import { createObserver } from '../../probe/phantom/observers.ts';
import type { Format, RenderOptions } from '../../report/format.ts';
import { readExclusions } from '../../targets/exclude.ts';
import { areOwnLoopback, chooseFormat, choosePolicy, choosePorts } from '../choose.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import type { ScanOptions } from '../options.ts';
import { type OutputFile, outputFiles, printReport, writeReportFile } from '../output.ts';
import { planJson, planText } from '../plan.ts';
import { noProgress, type ProgressView, showProgress } from '../progress.ts';
import { type Terminal, wantsColor } from '../terminal.ts';
import { collectGarbage } from '../thrift.ts';

/** Scans what the command line says and tells the result. Resolves to the exit code. */
export async function scanCommand(
  targets: readonly string[],
  options: ScanOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const format = chooseFormat(options);
  const files = await outputFiles(options.output);
  const stopping = options.plan === true ? 'stopped' : 'stopping; what was found follows';
  const interrupt = interruptible(() => terminal.err.write(`\n${stopping}\n`));
  try {
    const { signal } = interrupt;
    const request = await requestFor(targets, options, version, signal);
    if (options.plan === true) return await plan(request, options, terminal);
    const report = await run(request, options, terminal);
    await tell(report, format, files, terminal);
    return exitCodeOf(report, options, signal.aborted);
  } finally {
    interrupt.release();
  }
}

type Prepared = Omit<LookRequest, 'onProblem' | 'onNote'> & { readonly note: string | null };

async function requestFor(
  targets: readonly string[],
  options: ScanOptions,
  version: string,
  signal: AbortSignal,
): Promise<Prepared> {
  const ports = choosePorts(options, targets);
  const policy = await choosePolicy(options);
  const { engine, note } = await chooseEngineWithNote(options.engine);
  const resolver = createResolver({ signal });
  return {
    targets,
    stdin: process.stdin,
    exclusions: await readExclusions(options.exclude, { resolver, signal }),
    resolver,
    ports,
    engine,
    note,
    pace: { rate: options.rate, perHost: options.perHost },
    identify: options.identify,
    phantoms: await phantomSearch(options, engine.name),
    judge: judgeWith(policy),
    show: options.show,
    seed: options.seed ?? randomInt(2 ** 32),
    signal,
    id: randomUUID(),
    tool: `postern ${version}`,
    machine: hostname(),
    now: () => new Date(),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
  };
}

/** With `--no-identify` nothing is said to any port, unless phantoms were asked for by name. */
async function phantomSearch(
  { phantoms, identify }: ScanOptions,
  engine: string,
): Promise<PhantomSearch> {
  const mode = identify || phantoms === 'always' ? phantoms : 'never';
  return { mode, observer: await createObserver(engine) };
}

/** Binds the policy and the time of the look; every port is judged by the same clock. */
function judgeWith(policy: Policy): LookRequest['judge'] {
  const now = new Date().toISOString();
  const name = hostname();
  return ({ outcome, names, service, identified, source, phantoms }: Seen) => {
    const { address, transport, state } = outcome;
    const vantage: Vantage = { kind: isLoopback(address) ? 'loopback' : 'host', name };
    const port = { address, names, transport, port: outcome.port, state, service, identified };
    return judge({ ...port, ...(phantoms === undefined ? {} : { phantoms }) }, policy, {
      now,
      vantage,
      ...(source === undefined ? {} : { source }),
    });
  };
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
  const { exclusions, ports, pace, engine, identify } = request;
  const facts = {
    addresses,
    loopback: areOwnLoopback(request.targets),
    excluded: exclusions.texts.length,
    ports,
    pace,
    engine,
    identify,
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
  if (options.verbose === true) view.message(`note: ${engineNote(request, options)}`);
  if (!quiet) {
    const { progress } = scan;
    const source = { progress, total: () => scan.total(), now: () => performance.now() };
    view = showProgress(terminal.err, source);
  }
  const stopCollecting = collectGarbage();
  try {
    return await scan.run();
  } finally {
    stopCollecting();
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

function exitCodeOf(report: ScanReport, options: ScanOptions, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const { failOn } = options;
  const fails =
    failOn !== 'never' &&
    report.findings.some(({ severity }) => compareSeverity(severity, failOn) >= 0);
  if (fails) return EXIT.findings;
  return report.scan.problems.length > 0 ? EXIT.partial : EXIT.fine;
}
