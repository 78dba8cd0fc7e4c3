import type { ScanReport } from '../model/scan.ts';

/** What the rules' own pages say, for formats that carry help beside a finding. */
export interface RuleHelp {
  readonly title: string;
  /** Why the rule exists and what to do, plain text. */
  readonly help: string;
}

export interface RenderOptions {
  /** Columns of the terminal; unknown: 80. Read by `table` alone. */
  readonly width?: number;
  /** ANSI colours; default no. Read by `table` alone. */
  readonly color?: boolean;
  /** By rule id. A rule that is missing here is told by its findings. */
  readonly rules?: Readonly<Record<string, RuleHelp>>;
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
