import fc from 'fast-check';
import { PosternError } from '../../model/errors.ts';
import type { Kind, Source } from '../kind.ts';
import type { Layer } from '../layer.ts';

interface Mutation {
  readonly kind: 'cut' | 'drop' | 'repeat' | 'insert';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** What rule languages are made of, at wrong places. */
const SIGNS = [
  ...['"', "'", '{', '}', '(', ')', '[', ']', '<', '>', '\n', '!', '/', '\\', '$x', '0', ',', ':'],
  ...[
    '-',
    '#',
    '@(',
    '<#',
    '<![CDATA[',
    '&amp;',
    '/33',
    '99999',
    '::',
    'any',
    'quick',
    'host',
    ' eq ',
  ],
];

/** Cuts, repeats, insertions: what may happen to a text on its way. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('cut', 'drop', 'repeat', 'insert'),
    at: fc.nat({ max: 20_000 }),
    length: fc.nat({ max: 60 }),
    text: fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom(...SIGNS)),
  }),
  { minLength: 1, maxLength: 4 },
);

export function mutate(text: string, changes: readonly Mutation[]): string {
  return changes.reduce((now, change) => {
    const at = change.at % (now.length + 1);
    const end = at + change.length;
    if (change.kind === 'cut') return now.slice(0, at);
    if (change.kind === 'drop') return now.slice(0, at) + now.slice(end);
    if (change.kind === 'repeat') return now.slice(0, end) + now.slice(at);
    return now.slice(0, at) + change.text + now.slice(at);
  }, text);
}

/** What reading gives, or the expected failure; anything else that is thrown goes on. */
export function readOrFault(
  kind: Kind,
  sources: readonly Source[],
  role: Layer['role'] = 'live',
): Layer | PosternError {
  try {
    return kind.read(sources, role);
  } catch (thrown) {
    if (thrown instanceof PosternError) return thrown;
    throw thrown;
  }
}

/** A layer that lets everything in and doubts nothing, for want of rules: a firewall lost. */
export function isEmpty({ tables, unread }: Layer): boolean {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  return unread.length === 0 && rules.length === 0;
}
