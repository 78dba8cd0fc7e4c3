import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
});
