import type { Vitals } from '../model/vitals.ts';
import type { ProgressSource, ProgressView } from './progress.ts';

const LINE_MS = 1000;
/** A rate is taken over no shorter time, seconds: the last line may follow the one before at once. */
const SHORTEST = 0.05;

interface Before {
  readonly at: number;
  readonly probes: number;
}

/** What is known now; `startedAt` and `before` are readings of the source's clock. */
export function vitalsOf(
  source: ProgressSource,
  startedAt: number,
  before: Before,
  final: boolean,
): Vitals {
  const { progress } = source;
  const { packets, loss, targetRate, ...engine } = progress.engine;
  const now = source.now();
  const expected = source.total();
  const since = Math.max(SHORTEST, (now - before.at) / 1000);
  return {
    schema: 'postern.stats/1',
    at: new Date().toISOString(),
    elapsed: rounded((now - startedAt) / 1000),
    final,
    sent: engine.probes,
    retries: engine.retries,
    ...packets,
    outcomes: engine.outcomes,
    ...(expected === undefined ? {} : { expected }),
    open: progress.open,
    identifying: progress.open - progress.identified,
    hosts: progress.hosts,
    rate: rounded((engine.probes - before.probes) / since),
    ...(targetRate === undefined ? {} : { targetRate: rounded(targetRate) }),
    slowdowns: engine.slowdowns,
    ...(loss === undefined ? {} : { loss }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Writes a line of JSON a second, and a last one when stopped, in place of a bar. */
export function showStats(stream: NodeJS.WritableStream, source: ProgressSource): ProgressView {
  const startedAt = source.now();
  let before: Before = { at: startedAt, probes: 0 };
  const write = (final: boolean): void => {
    const line = vitalsOf(source, startedAt, before, final);
    before = { at: source.now(), probes: line.sent };
    stream.write(`${JSON.stringify(line)}\n`);
  };
  const timer = setInterval(() => write(false), LINE_MS);
  return {
    message: (text) => void stream.write(`${text}\n`),
    stop() {
      clearInterval(timer);
      write(true);
    },
  };
}
