import { describe, expect, it } from 'vitest';
import { compare, sameAnswers, unknownInBoth } from './compare.ts';
import type { Layer } from './layer.ts';
import {
  accept,
  drop,
  from,
  HOST,
  input,
  NOWHERE,
  network,
  reject,
  rule,
  tcp,
  unclear,
} from './layers.test-helper.ts';
import { difference } from './ranges.ts';
import { everySource } from './reach.ts';

const central = (layer: Layer): Layer => ({ ...layer, kind: 'aws', role: 'central', origin: 'sg' });

describe('compare', () => {
  it('finds both directions, exactly', () => {
    const aws = central(
      input('drop', rule('web', ...tcp(80), accept), rule('ssh', ...tcp(22), accept)),
    );
    const host = input(
      'drop',
      rule('ssh', from('10.0.0.0/8'), ...tcp(22), accept),
      rule('web', ...tcp(80), accept),
      rule('db', { test: 'family', family: 4 }, ...tcp(5432), accept),
    );
    const found = compare([aws], [host], HOST);
    const facts = found.map(({ transport, family, ports, a, b }) => [
      transport,
      family,
      ports,
      a.fate,
      b.fate,
    ]);
    expect(facts).toEqual([
      ['tcp', 4, [5432, 5433], 'drop', 'accept'],
      ['tcp', 4, [22, 23], 'accept', 'drop'],
      ['tcp', 6, [22, 23], 'accept', 'drop'],
    ]);
    expect(found[1]?.source).toEqual(difference(everySource(4), network('10.0.0.0/8').ranges));
    expect(found[0]?.b.decisions[0]?.rule?.text).toBe('db');
    expect(found[0]?.a.decisions[0]).toMatchObject({ layer: 'aws', fate: 'drop' });
  });

  it('counts what is not known as different from what is', () => {
    const maybe = input('drop', rule('?', ...tcp(22), unclear, accept));
    expect(compare([maybe], [input('drop')], NOWHERE)).toMatchObject([
      { family: 4, a: { fate: 'unknown' }, b: { fate: 'drop' } },
      { family: 6, a: { fate: 'unknown' }, b: { fate: 'drop' } },
    ]);
  });
});

it('tells what is known of neither', () => {
  const maybe = (...ports: readonly number[]) =>
    input('drop', rule('?', { test: 'family', family: 4 }, ...tcp(...ports), unclear, accept));
  expect(compare([maybe(22, 80)], [maybe(22, 80)], NOWHERE)).toEqual([]);
  expect(unknownInBoth([maybe(22, 80)], [maybe(22, 443)], NOWHERE)).toEqual(['tcp 22 over IPv4']);
  expect(unknownInBoth([maybe(22)], [input('drop')], NOWHERE)).toEqual([]);
  expect(unknownInBoth([maybe(22)], [maybe(22)], NOWHERE)).toEqual([]);
  const unread = { ...maybe(22), unread: ['more of it'] };
  expect(unknownInBoth([unread], [maybe(22)], NOWHERE)).toEqual(['tcp 22 over IPv4']);
});

describe('sameAnswers', () => {
  it('sees the same answers in different rules', () => {
    const one = input('drop', rule('a', ...tcp(22, 23), accept));
    const other = input(
      'accept',
      rule('a', ...tcp(22), accept),
      rule('b', from('10.0.0.0/8'), ...tcp(23), accept),
      rule('c', from('10.0.0.0/8', true), ...tcp(23), accept),
      rule('d6', { test: 'family', family: 6 }, ...tcp(23), accept),
      rule('z', reject),
    );
    expect(sameAnswers([one], [other], HOST)).toBe(true);
    expect(sameAnswers([one], [input('drop', rule('a', ...tcp(22), accept))], HOST)).toBe(false);
    expect(sameAnswers([one], [input('accept', rule('z', drop))], HOST)).toBe(false);
  });
});
