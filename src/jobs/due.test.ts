import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressAt, type Block, parseAddress } from '../targets/address.ts';
import { AddressSet } from '../targets/address-set.ts';
import { parseTarget } from '../targets/parse.ts';
import { dueTargets } from './due.ts';
import { readTarget } from './targets.ts';

const AGAIN = { critical: 1, high: 1, medium: 1, low: 1, clean: 1, dark: 1 };
const V4: Block = { family: 4, start: 0x0a400000, end: 0x0a400400 };
const V6: Block = { family: 6, start: 0xfd70n << 112n, end: (0xfd70n << 112n) + 1024n };
const block = fc.constantFrom(V4, V6);
const address = fc
  .tuple(block, fc.integer({ min: 0, max: 1023 }))
  .map(([of, index]) => addressAt(of, index));
const network = fc
  .tuple(block, fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 1, max: 300 }))
  .map(([of, index, more]) => `${addressAt(of, index)}-${addressAt(of, index + more)}`);

it('knows of every network the hosts that stand in it, each once', () => {
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 8 }),
      fc.uniqueArray(address, { maxLength: 60 }),
      (texts, addresses) => {
        const targets = [
          ...new Map(texts.map((text) => [text, readTarget(text, 'test')])).values(),
        ];
        const hosts = addresses.map((one) => ({ address: one, severity: 2 }));
        const looked = { hosts, looks: new Map(), addressesOf: new Map() };
        const due = dueTargets(targets, looked, { again: AGAIN, now: 10, batch: 1000 });
        const all = new AddressSet();
        for (const { text } of targets) {
          const target = parseTarget(text);
          if ('blocks' in target) all.add(target.blocks);
        }
        const inside = addresses.filter((one) => {
          const parsed = parseAddress(one);
          return parsed !== null && all.has(parsed);
        });
        expect(due.targets.toSorted()).toEqual(
          [...new Set([...targets.map(({ text }) => text), ...inside])].toSorted(),
        );
        expect(due.next).toBeNull();
      },
    ),
  );
});
