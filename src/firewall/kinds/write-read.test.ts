import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../model/errors.ts';
import { DEVICES, fateOf, intended, intents, packets } from '../intent.test-helper.ts';
import type { Intent, Kind, Source } from '../kind.ts';
import type { Layer } from '../layer.ts';
import { aws } from './aws/aws.ts';
import { cisco } from './cisco/cisco.ts';
import { opnsense } from './opnsense/opnsense.ts';
import { pf } from './pf/pf.ts';
import { windows } from './windows/windows.ts';

/** Kinds and the devices that their language can name. */
const KINDS: readonly (readonly [Kind, readonly string[]])[] = [
  [windows, DEVICES],
  [aws, []],
  [pf, DEVICES],
  [opnsense, DEVICES],
  [cisco, []],
];

function sourcesOf(kind: Kind, intent: Intent): readonly Source[] {
  return kind.write(intent).map(({ path, text }) => ({ origin: path, text }));
}

function readLive(kind: Kind, sources: readonly Source[]): Layer {
  return kind.read(sources, 'live');
}

/** Cuts, repeats, swaps: what happens to texts on their way. */
const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom('cut', 'drop', 'repeat', 'insert'),
    at: fc.nat({ max: 10_000 }),
    length: fc.nat({ max: 60 }),
    text: fc.oneof(
      fc.string({ maxLength: 10 }),
      fc.constantFrom('"', '{', '}', '(', ')', '<', '>', '\n', '!', '/', '\\', '$x', '0', ','),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(
  text: string,
  changes: readonly { kind: string; at: number; length: number; text: string }[],
) {
  return changes.reduce((now, change) => {
    const at = change.at % (now.length + 1);
    const end = at + change.length;
    if (change.kind === 'cut') return now.slice(0, at);
    if (change.kind === 'drop') return now.slice(0, at) + now.slice(end);
    if (change.kind === 'repeat') return now.slice(0, end) + now.slice(at);
    return now.slice(0, at) + change.text + now.slice(at);
  }, text);
}

/** A layer that says "everything comes in" without a doubt would be a firewall lost. */
function isEmpty({ tables, unread }: Layer): boolean {
  return (
    unread.length === 0 &&
    tables.every(({ chains }) => chains.every(({ rules }) => rules.length === 0))
  );
}

function readOrFault(kind: Kind, sources: readonly Source[]): Layer | PosternError {
  try {
    return readLive(kind, sources);
  } catch (thrown) {
    if (thrown instanceof PosternError) return thrown;
    throw thrown;
  }
}

describe.each(KINDS)('$name', (kind, devices) => {
  it('answers what it wrote as the intent does', () => {
    fc.assert(
      fc.property(
        intents(devices),
        fc.array(packets, { minLength: 10, maxLength: 10 }),
        (intent, some) => {
          const layer = readLive(kind, sourcesOf(kind, intent));
          expect(some.map((packet) => fateOf(layer, packet))).toEqual(
            some.map((packet) => intended(intent, packet)),
          );
        },
      ),
    );
  });

  it('recognizes what it wrote, and no other kind does', () => {
    fc.assert(
      fc.property(intents([]), (intent) => {
        for (const source of sourcesOf(kind, intent)) {
          const found = KINDS.filter(([other]) => other.recognizes(source)).map(
            ([{ name }]) => name,
          );
          expect(found).toEqual([kind.name]);
        }
      }),
    );
  });

  it('reads mutated texts or says what is wrong, and loses no firewall', () => {
    fc.assert(
      fc.property(intents(devices), mutations, (intent, changes) => {
        const sources = sourcesOf(kind, intent).map((source) => ({
          ...source,
          text: mutate(source.text, changes),
        }));
        const layer = readOrFault(kind, sources);
        if (layer instanceof PosternError) expect(layer.code).toBe('FIREWALL_SYNTAX');
        else expect(isEmpty(layer)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no random text for a firewall', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const layer = readOrFault(kind, [{ origin: 'random', text }]);
        if (layer instanceof PosternError) expect(layer.code).toBe('FIREWALL_SYNTAX');
        else expect(isEmpty(layer)).toBe(false);
      }),
    );
  });
});
