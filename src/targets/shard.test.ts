import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatV4 } from './address.ts';
import { formatShard, parseShard, shardPorts } from './shard.ts';

const address = fc.oneof(
  fc.nat({ max: 0xffffffff }).map((value) => formatV4(value)),
  fc.ipV6(),
);
const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 300 });

describe('shardPorts', () => {
  test('splits the ports of every host disjointly, completely and evenly', () => {
    fc.assert(
      fc.property(address, ports, fc.integer({ min: 1, max: 40 }), (host, all, of) => {
        const parts = Array.from({ length: of }, (_, at) =>
          shardPorts(all, { part: at + 1, of })(host),
        );
        expect(parts.flat().toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b));
        const sizes = parts.map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        for (const part of parts) expect(part).toEqual(all.filter((port) => part.includes(port)));
      }),
    );
  });

  test('splits a /16 on one port as evenly as chance would', () => {
    const of = 3;
    const shares = Array.from({ length: of }, (_, at) => {
      const portsOf = shardPorts([443], { part: at + 1, of });
      return Array.from(
        { length: 65_536 },
        (_host, low) => portsOf(formatV4(0xa000000 + low)).length,
      ).reduce((sum, size) => sum + size, 0);
    });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(65_536);
    // five standard deviations of a binomial share
    const slack = 5 * Math.sqrt((65_536 * (of - 1)) / of ** 2);
    for (const share of shares) expect(Math.abs(share - 65_536 / of)).toBeLessThan(slack);
  });

  test('lets the whole be one part', () => {
    const all = [1, 2, 3];
    expect(shardPorts(all, { part: 1, of: 1 })('10.0.0.1')).toEqual(all);
  });
});

describe('parseShard', () => {
  test.each(['1/1', '2/3', '65535/65535'])('reads %s', (text) => {
    const shard = parseShard(text);
    expect(shard === null ? null : formatShard(shard)).toBe(text);
  });

  test.each(['', '0/3', '4/3', '1/0', '01/3', '1/65536', '1', '1/2/3', ' 1/2', '-1/2', '1.5/2'])(
    'refuses "%s"',
    (text) => {
      expect(parseShard(text)).toBeNull();
    },
  );
});
