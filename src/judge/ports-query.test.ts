import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { explainPort } from './ports-query.ts';

const keys = (query: string) =>
  explainPort(query).map(({ transport, port }) => `${transport}/${port}`);

describe('explainPort', () => {
  it.each([
    ['6379', ['tcp/6379']],
    [' 53 ', ['tcp/53', 'udp/53']],
    ['53/udp', ['udp/53']],
    ['tcp/53', ['tcp/53']],
    ['U:53', ['udp/53']],
    ['27017-27019', ['tcp/27017', 'tcp/27018', 'tcp/27019']],
    ['25, 143', ['tcp/25', 'tcp/143']],
    ['U:53,161', ['udp/53', 'udp/161']],
    ['61001', []],
    ['99999', []],
    ['no-such-thing', []],
  ])('%j: %j', (query, expected) => {
    expect(keys(query).slice(0, 3)).toEqual(expected);
  });

  it('puts the name before its relatives, and these before mentions', () => {
    const found = keys('redis');
    expect(found[0]).toBe('tcp/6379');
    expect(found.indexOf('tcp/6380')).toBeLessThan(found.indexOf('tcp/9121'));
  });

  it.each([
    ['Jenkins', 'tcp/8080'],
    ['kubernetes api', 'tcp/6443'],
    ['windows remote desktop', 'tcp/3389'],
    ['ollama', 'tcp/11434'],
  ])('finds %s in the words', (query, first) => {
    expect(keys(query)).toContain(first);
  });

  it('gives a whole group first', () => {
    const groups = explainPort('queue').map(({ group }) => group);
    const size = KNOWN_PORTS.filter(({ group }) => group === 'queue').length;
    expect(new Set(groups.slice(0, size))).toEqual(new Set(['queue']));
  });

  it('gives everything, most often met first, to an empty question', () => {
    expect(explainPort('')).toEqual(KNOWN_PORTS);
  });

  it('takes any text, and each entry once', () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        const found = keys(query);
        expect(found).toEqual([...new Set(found)]);
      }),
    );
  });

  it('finds every entry by its number and its name', () => {
    const lost = KNOWN_PORTS.filter(
      (entry) =>
        !explainPort(`${entry.transport} ${entry.port}`).includes(entry) ||
        !explainPort(entry.name).includes(entry),
    );
    expect(lost).toEqual([]);
  });
});
