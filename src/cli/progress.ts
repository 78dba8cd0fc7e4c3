import type { Progress } from '../pipeline/progress.ts';
import { lossShare } from '../report/loss.ts';

const BAR_MS = 200;
const LINE_MS = 10_000;
const BAR_CELLS = 20;

export interface ProgressView {
  /** Writes a message without tearing the bar. */
  message(text: string): void;
  stop(): void;
}

export interface ProgressSource {
  readonly progress: Progress;
  /** Outcomes expected in all, or undefined while it is not known. */
  readonly total: () => number | undefined;
  readonly now: () => number;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Seconds as people say them: `12 s`, `3 min 20 s`, `2 h 5 min`, `3 days 4 h`. */
export function spokenTime(seconds: number): string {
  const rounded = Math.max(0, Math.ceil(seconds));
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min ${rounded % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${whole(Math.floor(hours / 24))} days ${hours % 24} h`;
}

function bar(share: number): string {
  const full = Math.min(BAR_CELLS, Math.floor(share * BAR_CELLS));
  return `[${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}]`;
}

/** What went missing: nothing while nothing did. */
function troubles({ engine: { loss, packets } }: Progress): string[] {
  const found: string[] = [];
  if (loss !== undefined && loss.probeLoss > 0) {
    const missed = loss.estimate === 0 ? '' : `, ~${whole(loss.estimate)} ports missed`;
    found.push(`${lossShare(loss)} lost${missed}`);
  }
  const dropped = packets?.dropped ?? 0;
  if (dropped > 0) found.push(`${whole(dropped)} dropped by kernel`);
  return found;
}

type Wording = readonly string[];

/** The first wording that fits `columns`; the last one, whatever its length, when none does. */
function fitting(columns: number, choice: readonly Wording[]): string {
  const lines = choice.map((parts) => parts.filter((part) => part !== '').join(' · '));
  return lines.find((line) => line.length <= columns) ?? lines.at(-1) ?? '';
}

/** From the longest to the shortest; the first one has a bar. */
function wordings(source: ProgressSource, startedAt: number): readonly Wording[] {
  const { progress } = source;
  const seconds = Math.max(0.001, (source.now() - startedAt) / 1000);
  const done = progress.engine.outcomes;
  const total = source.total();
  const found = [`${whole(progress.open)} open`, ...troubles(progress)];
  const rate = (done - progress.restored) / seconds;
  const speed = `${whole(rate)} ports/s`;
  if (total === undefined) {
    const counted = [`${whole(done)} ports done`, speed, ...found];
    return [counted, counted, [`${whole(done)} ports done`, ...found], found];
  }
  if (done >= total) {
    const waiting = `${whole(progress.open - progress.identified)} being identified`;
    const end = ['all ports probed', ...found, waiting];
    return [[`${bar(1)} ${end[0]}`, ...end.slice(1)], end, [...found, waiting], found];
  }
  const share = done / total;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const left = rate === 0 ? '' : `ETA ${spokenTime((total - done) / rate)}`;
  const middle = [speed, ...found];
  return [
    [`${bar(share)} ${percent}`, ...middle, left],
    [percent, ...middle, left],
    [percent, ...middle],
    [percent, ...found],
  ];
}

/**
 * One line on how far the scan is: share, rate, found, lost, ETA. Where `columns` are too few the bar
 * goes first, then the ETA, then the rate. Null: no terminal, so no bar and no bound.
 */
export function progressLine(
  source: ProgressSource,
  startedAt: number,
  columns: number | null,
): string {
  const all = wordings(source, startedAt);
  return columns === null ? fitting(Infinity, all.slice(1)) : fitting(columns, all);
}

/** Shows progress on `stream`: a bar on a terminal, a line every 10 s elsewhere. */
export function showProgress(stream: NodeJS.WriteStream, source: ProgressSource): ProgressView {
  const startedAt = source.now();
  const onTerminal = stream.isTTY;
  const clear = (): void => {
    if (onTerminal) stream.write('\r\u001b[K');
  };
  const draw = (): void => {
    if (!onTerminal) return void stream.write(`${progressLine(source, startedAt, null)}\n`);
    const columns = (stream.columns || 80) - 1;
    stream.write(`\r\u001b[K${progressLine(source, startedAt, columns).slice(0, columns)}`);
  };
  const timer = setInterval(draw, onTerminal ? BAR_MS : LINE_MS);
  return {
    message(text) {
      clear();
      stream.write(`${text}\n`);
      if (onTerminal) draw();
    },
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}

/** Says nothing but messages; for `--quiet`. */
export function noProgress(stream: NodeJS.WriteStream, messages: boolean): ProgressView {
  return {
    message: (text) => {
      if (messages) stream.write(`${text}\n`);
    },
    stop: () => {},
  };
}
