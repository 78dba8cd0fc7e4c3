import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { blocksOf, readSources } from './sources.ts';

test('reads networks, countries and the VPN, in one option or several', () => {
  const sources = readSources(['10.1.2.3/8,de', 'AT,2001:db8::/32', 'wireguard', 'DE']);
  expect(blocksOf(sources.networks)).toEqual(['10.0.0.0/8', '2001:db8::/32']);
  expect(sources.countries).toEqual(['DE', 'AT']);
  expect(sources.wireguard).toBe(true);
});

test('joins networks to the fewest blocks', () => {
  const { networks } = readSources(['10.0.0.0/9,10.128.0.0/9,10.2.3.4,192.0.2.0-192.0.2.2']);
  expect(blocksOf(networks)).toEqual(['10.0.0.0/8', '192.0.2.0/31', '192.0.2.2/32']);
});

test.each(['', 'DEU', '10.0.0.0/33', '10.0.0.0/8,', 'example.org', '010.0.0.1'])(
  'refuses %j',
  (text) => {
    expect(() => readSources([text])).toThrow(PosternError);
  },
);

test('never throws anything but REMEDY_SOURCE', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        readSources([text]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REMEDY_SOURCE' });
      }
    }),
  );
});
