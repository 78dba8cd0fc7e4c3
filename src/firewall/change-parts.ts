import { type PosternError, problem as problemOf } from '../model/errors.ts';
import {
  type BothFamilies,
  everyAddress,
  readAddresses,
  shared,
  without,
} from './both-families.ts';
import type { Allowance, Change } from './kind.ts';
import type { KindName } from './layer.ts';

export function verbOf({ only, device }: Change): 'close' | 'restrict' {
  return only === undefined && device === undefined ? 'close' : 'restrict';
}

/** Builds REMEDY_IMPOSSIBLE for a change. */
export function impossible(change: Change, kind: KindName, problem: string): PosternError {
  const { transport, port } = change;
  return problemOf('REMEDY_IMPOSSIBLE', { verb: verbOf(change), transport, port, kind, problem });
}

/** Who may come in after the change, and who may not: together all addresses of its families. */
export function sidesOf(
  change: Change,
  kind: KindName,
): { readonly allowed: BothFamilies; readonly refused: BothFamilies } {
  const every = everyAddress(change.families);
  const { only } = change;
  const asked = only === undefined ? everyoneOrNobody(change) : readAddresses(only);
  if (asked === null)
    throw impossible(change, kind, `${only?.join(', ')} are not all addresses or CIDR blocks`);
  const allowed = shared(every, asked);
  return { allowed, refused: without(every, allowed) };
}

/** Without `only`, a device alone tells who may: anyone that comes in on it. */
function everyoneOrNobody({ families, device }: Change): BothFamilies {
  return everyAddress(device === undefined ? [] : families);
}

/** The addresses an allowance is for. Blocks tell the family; CIDR text of an intent is always whole. */
export function sourcesOf({ from, families }: Allowance): BothFamilies {
  if (from === undefined) return everyAddress(families);
  return readAddresses(from) ?? everyAddress([]);
}

/** `tcp-5432`: names what is made for a change. */
export function slugOf({ transport, port }: Change): string {
  return `${transport}-${port}`;
}

/** One line, without what would end a comment or a quotation in any of the languages. */
export function plainComment(text: string): string {
  return text.replaceAll(/[\r\n\t"'`\\<>{}$]+/g, ' ').trim();
}
