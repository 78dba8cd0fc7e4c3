import type { Block } from './address.ts';

/** What one piece of target text asks for. `text` is what the user wrote. */
export type Target =
  | {
      readonly kind: 'address' | 'cidr' | 'range';
      readonly text: string;
      readonly blocks: readonly Block[];
    }
  /** `name` is lower-case ASCII (IDNA A-labels) without the final dot. */
  | { readonly kind: 'name'; readonly text: string; readonly name: string }
  | { readonly kind: 'file'; readonly text: string; readonly path: string }
  | { readonly kind: 'stdin'; readonly text: string };

/** Why a text is no target: a clause that reads well after "…is not a target: ". */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
}

export function refuse(reason: string): Refusal {
  return { kind: 'refused', reason };
}

export function isRefusal(result: { readonly kind: string }): result is Refusal {
  return result.kind === 'refused';
}

/** A target together with where it was written: `argument 2`, `hosts.txt line 7`. */
export interface Placed<T> {
  readonly target: T;
  readonly where: string;
}

/** Longest piece of foreign text quoted in a message, in UTF-16 units. */
const QUOTED = 80;

/** Foreign text made fit for a message: control characters escaped (a terminal obeys them), and cut. */
export function shown(text: string): string {
  const cut = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
