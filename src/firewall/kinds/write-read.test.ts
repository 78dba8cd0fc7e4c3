import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../model/errors.ts';
import { DEVICES, fateOf, intended, intents, packets } from '../intent.test-helper.ts';
import type { Intent, Kind, Source } from '../kind.ts';
import type { Layer } from '../layer.ts';
import { aws } from './aws/aws.ts';
import { cisco } from './cisco/cisco.ts';
import { fixture } from './fixtures.test-helper.ts';
import { isEmpty, mutate, mutations, readOrFault } from './mutated-text.test-helper.ts';
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

const FATES = ['accept', 'closed', 'unknown'];
const RUNS = 100;

function sourcesOf(kind: Kind, intent: Intent): readonly Source[] {
  return kind.write(intent).map(({ path, text }) => ({ origin: path, text }));
}

function readLive(kind: Kind, sources: readonly Source[]): Layer {
  return kind.read(sources, 'live');
}

/** Texts as people and tools write them; see test/fixtures/firewall/README.md. */
const TEXTS: readonly (readonly [Kind, string])[] = [
  [windows, 'server.json'],
  [windows, 'rules.ps1'],
  [aws, 'groups.json'],
  [aws, 'acls.json'],
  [pf, 'host.conf'],
  [pf, 'redirect-freebsd.conf'],
  [pf, 'redirect-openbsd.conf'],
  [pf, 'anchors.conf'],
  [pf, 'pfctl-sr.txt'],
  [opnsense, 'opnsense.xml'],
  [opnsense, 'pfsense.xml'],
  [cisco, 'ios.txt'],
  [cisco, 'asa.txt'],
  [cisco, 'numbered.txt'],
];

function expectReadOrFault(layer: Layer | PosternError): void {
  if (layer instanceof PosternError) expect(layer.code).toBe('FIREWALL_SYNTAX');
  else expect(isEmpty(layer)).toBe(false);
}

describe.each(TEXTS)('$name', (kind, name) => {
  it(`reads ${name} whatever happened to it, or says what is wrong`, () => {
    const source = fixture(kind, name);
    fc.assert(
      fc.property(mutations, packets, (changes, packet) => {
        const layer = readOrFault(kind, [{ ...source, text: mutate(source.text, changes) }]);
        expectReadOrFault(layer);
        if (!(layer instanceof PosternError)) expect(FATES).toContain(fateOf(layer, packet));
      }),
      { numRuns: RUNS },
    );
  });
});

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
        expectReadOrFault(readOrFault(kind, sources));
      }),
      { numRuns: RUNS },
    );
  });

  it('takes no random text for a firewall', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expectReadOrFault(readOrFault(kind, [{ origin: 'random', text }]));
      }),
    );
  });
});
