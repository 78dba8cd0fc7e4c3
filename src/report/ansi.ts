import type { Level, Severity } from '../model/verdict.ts';

/** SGR parameters (ECMA-48). picocolors asks the process about colours; `report/` is told. */
export type Style = '1' | '2' | '31' | '32' | '33' | '35' | '36' | '1;31' | '1;97;41';

export type Paint = (text: string, style: Style) => string;

/** Wraps text in a style, or leaves it alone. */
export function painter(color: boolean): Paint {
  if (!color) return (text) => text;
  return (text, style) => (text === '' ? '' : `\u001b[${style}m${text}\u001b[0m`);
}

export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  critical: '1;97;41',
  high: '1;31',
  medium: '33',
  low: '36',
  info: '2',
};

export const LEVEL_STYLE: Readonly<Record<Level, Style>> = {
  close: '31',
  restrict: '33',
  unknown: '35',
  expected: '32',
};
