import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../model/errors.ts';
import { fateOf } from '../intent.test-helper.ts';
import type { Kind, Source } from '../kind.ts';
import { KINDS } from '../kinds.ts';
import type { Layer } from '../layer.ts';
import { BESIDE, hosts, inputs, readOrFault } from './any-text.test-helper.ts';
import { FUZZ_MS, FUZZ_RUNS, fuzz } from './fuzz.test-helper.ts';

/** What a reader must not take by the square of its length, or deeper than the stack is. */
const FLOODS = ['-m ', '\t', '\n', '(', '[', '<a>', '<!---->', '"', '! '];
const FLOOD = 100_000;
const FATES = ['accept', 'closed', 'unknown'];

/**
 * Lets everything in and doubts nothing: a firewall lost. Chains that nothing leads to count for
 * nothing, but in nft's language, where a table of such chains is whole.
 */
function isNoFirewall({ kind, tables, unread }: Layer): boolean {
  const chains = tables.flatMap((table) => table.chains);
  const asked = kind === 'nftables' ? chains : chains.filter(({ hook }) => hook !== undefined);
  return (
    unread.length === 0 &&
    asked.every(({ policy = 'accept', rules }) => policy === 'accept' && rules.length === 0)
  );
}

/** Of no table `iptables-save` prints nothing, and of one that is empty its chains. */
function hasNoRule({ name }: Kind, sources: readonly Source[]): boolean {
  const rules = sources.filter(({ origin }) => !BESIDE.includes(origin));
  return name === 'iptables' && rules.every(({ text }) => !/^\s*-[AI]/m.test(text));
}

/** Rules stand where their texts have lines. */
function expectWithin({ tables }: Layer, sources: readonly Source[]): void {
  const most = Math.max(...sources.map(({ text }) => text.split('\n').length));
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  expect(rules.filter(({ line = 1 }) => line < 1 || line > most)).toEqual([]);
}

describe.each(KINDS.map((kind) => ({ name: kind.name, kind })))('$name', ({ kind }) => {
  it('has texts that are read whole', () => {
    for (const sources of hosts(kind)) {
      expect(isNoFirewall(kind.read(sources, 'live'))).toBe(false);
    }
  });

  it(
    'reads any text or says what is wrong, and loses no firewall',
    async () => {
      const tally = { read: 0, refused: 0 };
      await fuzz(
        fc.property(inputs(kind), ({ sources, packet }) => {
          for (const source of sources) kind.recognizes(source);
          const found = readOrFault(kind, sources);
          if (found instanceof PosternError) {
            tally.refused += 1;
            expect(found.code).toBe('FIREWALL_SYNTAX');
            return;
          }
          tally.read += 1;
          expectWithin(found, sources);
          expect(isNoFirewall(found) && !hasNoRule(kind, sources)).toBe(false);
          expect(FATES).toContain(fateOf(found, packet));
        }),
      );
      expect(tally.read + tally.refused).toBe(FUZZ_RUNS);
      expect(tally.read).toBeGreaterThan(0);
      expect(tally.refused).toBeGreaterThan(0);
    },
    FUZZ_MS,
  );

  it.each(FLOODS)('does not hang on a flood of %j', (unit) => {
    for (const sources of hosts(kind).slice(0, 3)) {
      const { origin, text } = sources.at(-1) as Source;
      const at = text.length >> 1;
      const flooded = {
        origin,
        text: `${text.slice(0, at)}${unit.repeat(FLOOD)}${text.slice(at)}`,
      };
      kind.recognizes({ origin, text: unit.repeat(FLOOD) });
      const found = readOrFault(kind, [...sources.slice(0, -1), flooded]);
      expect(!(found instanceof PosternError) && isNoFirewall(found)).toBe(false);
    }
  });
});
