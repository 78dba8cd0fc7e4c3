import type { Progress } from '../pipeline/scan.ts';

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

/** One line on how far the scan is: share, rate, found, ETA. */
export function progressLine(source: ProgressSource, startedAt: number, withBar: boolean): string {
  const { progress } = source;
  const seconds = Math.max(0.001, (source.now() - startedAt) / 1000);
  const done = progress.engine.outcomes;
  const total = source.total();
  const open = `${whole(progress.open)} open`;
  const waiting = progress.open - progress.identified;
  if (total !== undefined && done >= total) {
    return `${withBar ? `${bar(1)} ` : ''}all ports probed · ${open} · ${whole(waiting)} being identified`;
  }
  const rate = (done - progress.restored) / seconds;
  const speed = `${whole(rate)} ports/s`;
  if (total === undefined) return `${whole(done)} ports done · ${speed} · ${open}`;
  const share = Math.min(1, done / total);
  const left = rate === 0 ? '' : ` · ETA ${spokenTime((total - done) / rate)}`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${withBar ? `${bar(share)} ` : ''}${percent} · ${speed} · ${open}${left}`;
}

/** Shows progress on `stream`: a bar on a terminal, a line every 10 s elsewhere. */
export function showProgress(stream: NodeJS.WriteStream, source: ProgressSource): ProgressView {
  const startedAt = source.now();
  const onTerminal = stream.isTTY;
  const clear = (): void => {
    if (onTerminal) stream.write('\r\u001b[K');
  };
  const draw = (): void => {
    const line = progressLine(source, startedAt, onTerminal);
    stream.write(
      onTerminal ? `\r\u001b[K${line.slice(0, (stream.columns || 80) - 1)}` : `${line}\n`,
    );
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
