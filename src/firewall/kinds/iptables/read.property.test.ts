import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import { evaluate } from '../../evaluate.ts';
import type { Layer } from '../../layer.ts';
import type { Question } from '../../packet.ts';
import { readOrFault } from '../any-text.test-helper.ts';
import { iptables } from '../iptables.ts';

/** Rules whose match is a word that nobody knows. */
const RUNS = 2000;

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

function readText(text: string): Layer | PosternError {
  return readOrFault(iptables, [{ origin: 'iptables-save', text }]);
}

function isClosed(layer: Layer): boolean {
  return evaluate([layer], ANYONE, MACHINE).every(({ fate }) => fate !== 'accept');
}

describe('any text', () => {
  it('is never shorter than a rule set that is whole', () => {
    const whole =
      '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n';
    for (let length = 1; length < whole.trimEnd().length; length += 1) {
      expect(readText(whole.slice(0, length))).toBeInstanceOf(PosternError);
    }
    expect(readText(whole)).not.toBeInstanceOf(PosternError);
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
        const found = readText(text);
        expect(!(found instanceof PosternError) && isClosed(found)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
