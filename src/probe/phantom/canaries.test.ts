import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KNOWN_PORTS } from '../../model/known-ports.ts';
import { canaryPorts } from './canaries.ts';

it('draws distinct high ports that nobody uses by custom, the same for the same seed', () => {
  const customary = new Set(KNOWN_PORTS.map(({ port }) => port));
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const ports = canaryPorts(seed, 16, new Set());
      expect(new Set(ports).size).toBe(16);
      expect(ports.filter((port) => port < 20_000 || port > 65_535)).toEqual([]);
      expect(ports.filter((port) => customary.has(port))).toEqual([]);
      expect(canaryPorts(seed, 16, new Set())).toEqual(ports);
    }),
  );
});

it('keeps off the ports that are asked, while there are others', () => {
  const low = new Set(Array.from({ length: 40_000 }, (_, at) => at + 1));
  expect(canaryPorts(7, 8, low).filter((port) => low.has(port))).toEqual([]);
  const all = new Set(Array.from({ length: 65_535 }, (_, at) => at + 1));
  expect(canaryPorts(7, 8, all)).toHaveLength(8);
});
