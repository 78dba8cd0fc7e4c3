import { type PosternError, problem as problemOf } from '../model/errors.ts';
import type { Source } from './kind.ts';

/** Builds FIREWALL_SYNTAX for one of a kind's texts. */
export function syntaxFault(
  kind: string,
  { origin }: Pick<Source, 'origin'>,
  line: number,
  problem: string,
): PosternError {
  return problemOf('FIREWALL_SYNTAX', { origin, line, kind, problem });
}

/** Shortens what was found, for a message. */
export function quote(text: string): string {
  const MOST = 60;
  return JSON.stringify(text.length > MOST ? `${text.slice(0, MOST)}…` : text);
}

/** Line, from 1, that the character at `position` stands on. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1))
    line += 1;
  return line;
}

/** Tells the line of many positions in one text. */
export function lineFinder(text: string): (position: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) ends.push(at);
  return (position) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
