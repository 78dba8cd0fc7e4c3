import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import { evaluate } from '../../evaluate.ts';
import type { Source } from '../../kind.ts';
import type { Layer, Rule } from '../../layer.ts';
import type { Question } from '../../packet.ts';
import { iptables } from '../iptables.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/fixtures/firewall/iptables');
const TEXTS = readdirSync(FOLDER)
  .filter((name) => !name.endsWith('.md'))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'));
/** Inputs of each property; POSTERN_FUZZ_RUNS asks for more. */
const RUNS = Number(process.env['POSTERN_FUZZ_RUNS'] ?? 2000);

const PIECES = [
  ...[
    '*filter',
    '*nat',
    'COMMIT',
    ':INPUT DROP [0:0]',
    ':U - [0:0]',
    '-A INPUT',
    '-A U',
    '-I INPUT 3',
  ],
  ...[
    '-p tcp',
    '-p',
    '-s 10.0.0.0/8',
    '! -s',
    '-m',
    '-m tcp',
    '--dport 22',
    '--dport',
    '-j DROP',
    '-j U',
  ],
  ...[
    '-m conntrack --ctstate NEW,DNAT',
    '-m set --match-set S src',
    '-j DNAT --to-destination',
    '"',
    '\\',
    '!',
  ],
  ...['create S hash:net', 'add S 10.0.0.0/8', '#', '[1:2]', '=', '\u0000', '\n', '-j', '-g', '--'],
];

/** One of the texts with a piece of it cut out, doubled or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...TEXTS),
    fc.nat(),
    fc.nat({ max: 200 }),
    fc.oneof(fc.constantFrom('', ...PIECES), fc.string()),
  )
  .map(([text, at, length, piece]) => {
    const from = at % text.length;
    return text.slice(0, from) + piece + text.slice(from + length);
  });
const composed = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })), { maxLength: 60 })
  .chain((words) =>
    fc
      .array(fc.constantFrom(' ', '\n', ''), { minLength: words.length, maxLength: words.length })
      .map((gaps) => words.map((word, index) => word + gaps[index]).join('')),
  );

function tryRead(sources: readonly Source[]): Layer | null {
  try {
    return iptables.read(sources, 'live');
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    expect(error.code).toBe('FIREWALL_SYNTAX');
    return null;
  }
}

function rulesOf({ tables }: Layer): readonly Rule[] {
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

const ANYONE: Question = {
  family: 4,
  protocol: 6,
  source: [0n, 1n << 32n],
  destination: [0xc000_0201n, 0xc000_0202n],
  sourcePort: [0, 65_536],
  destinationPort: [5432, 5433],
  inDevice: ['eth0'],
};
const MACHINE = { hostname: '', system: 'linux', devices: [], routes: [] } as const;

function isClosed(layer: Layer): boolean {
  return evaluate([layer], ANYONE, MACHINE).every(({ fate }) => fate !== 'accept');
}

describe('any text', () => {
  it('is read, or refused as what it is not', () => {
    const text = fc.oneof(mutated, composed, fc.string());
    const origin = fc.constantFrom('iptables-save', 'ip6tables-save', 'a file');
    fc.assert(
      fc.property(text, text, origin, (first, second, from) => {
        const layer = tryRead([
          { origin: from, text: first },
          { origin: 'ipset save', text: second },
        ]);
        const lines = first.split('\n').length + second.split('\n').length;
        for (const { line } of layer === null ? [] : rulesOf(layer)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is never shorter than a rule set that is whole', () => {
    const whole =
      '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n';
    for (let length = 1; length < whole.trimEnd().length; length += 1) {
      expect(tryRead([{ origin: 'iptables-save', text: whole.slice(0, length) }])).toBe(null);
    }
    expect(tryRead([{ origin: 'iptables-save', text: whole }])).not.toBe(null);
  });

  it('lets nobody in by a match or a target that nobody knows', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9:./,_-]{1,12}$/);
    const words = fc.array(
      fc.oneof(
        word,
        word.map((name) => `--${name}`),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,9}x$/), words, (match, rest) => {
        const rule = `-A INPUT -m ${match} ${rest.join(' ')} -j ACCEPT`;
        const text = `*filter\n:INPUT DROP [0:0]\n${rule}\nCOMMIT\n`;
        const layer = tryRead([{ origin: 'iptables-save', text }]);
        expect(layer !== null && isClosed(layer)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
