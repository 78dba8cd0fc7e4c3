import type { ScanReport } from '../model/scan.ts';

export interface RenderOptions {
  /** Columns of the terminal; unknown: 80. Read by `table` alone. */
  readonly width?: number;
  /** ANSI colours; default no. Read by `table` alone. */
  readonly color?: boolean;
}

/**
 * One form of the report. `render` is pure: the same report and options give the same text. It
 * yields pieces of bounded size, so that a report of any length is written without being built as
 * one string; joined they are the whole, ending in a line feed. Nothing in a report makes it throw.
 */
export interface Format {
  /** File name without ending; the word of `--format`. */
  readonly name: string;
  /** File name endings that choose it for `-o FILE`, lower case, with the dot. */
  readonly endings: readonly string[];
  readonly mediaType: string;
  render(report: ScanReport, options?: RenderOptions): Iterable<string>;
}
