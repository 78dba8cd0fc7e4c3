import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgeList } from '../model/edge-list.ts';
import { networkHas, readNetwork } from '../model/network.ts';
import { EdgeTable } from './edges.ts';

function list(provider: string, ...networks: string[]): EdgeList {
  return { provider, source: 'https://example.org/ips', asOf: '2026-06-14', networks };
}

describe('the table of shared edges', () => {
  const table = new EdgeTable([
    list('One', '192.0.2.0/25', '2001:db8:1::/48', 'no network'),
    list('Two', '192.0.2.0/24', '198.51.100.7', '203.0.113.1-9'),
  ]);

  it.each([
    ['192.0.2.0', 'One'],
    ['192.0.2.127', 'One'],
    ['192.0.2.128', 'Two'],
    ['192.0.3.0', undefined],
    ['198.51.100.7', 'Two'],
    ['198.51.100.8', undefined],
    ['203.0.113.9', 'Two'],
    ['203.0.113.10', undefined],
    ['2001:db8:1:ffff:ffff:ffff:ffff:ffff', 'One'],
    ['2001:db8:2::', undefined],
    ['::ffff:192.0.2.5', 'One'],
    ['fe80::1%eth0', undefined],
    ['example.org', undefined],
  ])('%s: %s', (address, provider) => {
    expect(table.of(address)?.provider).toBe(provider);
  });

  it('says what it rests on', () => {
    expect(table.of('192.0.2.1')).toEqual({
      provider: 'One',
      basis: 'list',
      evidence: [
        '192.0.2.1 is in the ranges that One publishes (https://example.org/ips, as of 2026-06-14)',
      ],
    });
  });

  it('finds an address where one network holds it, and nowhere else', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const network = fc
      .tuple(address, fc.integer({ min: 0, max: 128 }))
      .map(([base, bits]) => `${base}/${base.includes(':') ? bits : bits % 33}`);
    const lists = fc.array(fc.array(network, { maxLength: 8 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, address, (blocks, wanted) => {
        const edges = blocks.map((networks, at) => list(`P${at}`, ...networks));
        const holder = edges.find(({ networks }) =>
          networks.some((text) => {
            const read = readNetwork(text);
            return read !== null && networkHas(read, wanted);
          }),
        );
        expect(new EdgeTable(edges).of(wanted)?.provider).toBe(holder?.provider);
      }),
      { numRuns: 300 },
    );
  });
});
