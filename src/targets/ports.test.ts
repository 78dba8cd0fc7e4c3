import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { nearest } from '../model/near.ts';
import { defaultPorts, formatPorts, formatSelection, parsePorts, topPorts } from './ports.ts';

const tcpOf = (spec: string) => formatPorts(parsePorts(spec).tcp);
const both = (spec: string) => {
  const { tcp, udp } = parsePorts(spec);
  return `T:${formatPorts(tcp)} U:${formatPorts(udp)}`;
};

function refusal(spec: string): string {
  try {
    return `accepted as ${both(spec)}`;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe('parsePorts', () => {
  test.each([
    ['22,80,8000-8100', '22,80,8000-8100'],
    ['-', '1-65535'],
    ['65000-', '65000-65535'],
    ['-100', '1-100'],
    ['80, 22,80,21-23', '21-23,80'],
    ['443', '443'],
    ['0443', '443'],
  ])('%s is %s', (spec, expected) => {
    expect(tcpOf(spec)).toBe(expected);
  });

  test.each([
    ['22,U:53,161,T:80', 'T:22,80 U:53,161'],
    ['u:53,t:-3', 'T:1-3 U:53'],
    ['T:-,U:-', 'T:1-65535 U:1-65535'],
  ])('prefixes hold until the next one: %s', (spec, expected) => {
    expect(both(spec)).toBe(expected);
  });

  test('the transport before the first prefix can be chosen', () => {
    expect(parsePorts('53,T:22', 'udp')).toEqual({ tcp: [22], udp: [53] });
  });

  test('a name stands for every port of the transport that carries it', () => {
    for (const { name, transport } of KNOWN_PORTS) {
      const expected = KNOWN_PORTS.filter((p) => p.name === name && p.transport === transport);
      const prefix = transport === 'tcp' ? 'T' : 'U';
      expect(parsePorts(`${prefix}:${name.toUpperCase()}`)[transport]).toEqual(
        [...new Set(expected.map(({ port }) => port))].sort((a, b) => a - b),
      );
    }
  });

  test.each([
    ['0', /PORT_SYNTAX "0" .*numbered 1 to 65535/],
    ['65536', /PORT_SYNTAX "65536"/],
    ['22,,80', /nothing between two commas/],
    ['', /nothing between/],
    ['100-50', /write 50-100/],
    ['1-2-3', /one "-"/],
    ['htps', /did you mean https/],
    ['T:zzzzzzzz', /"zzzzzzzz" .*no known service/],
    ['80;22', /"80;22"/],
    ['S:80', /"S:80"/],
  ])('%s is refused with what to do', (spec, message) => {
    expect(refusal(spec)).toMatch(message);
  });

  test('throws nothing but PosternError', () => {
    const pieces = fc.constantFrom('1', '99999', '-', ',', 'T:', 'U:', 'ssh', ' ', ':', 'é');
    const specs = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(specs, (spec) => {
        expect(refusal(spec)).toMatch(/^(accepted|PORT_SYNTAX)/);
      }),
    );
  });
});

describe('formatPorts', () => {
  test('reads back to the same numbers', () => {
    const ports = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 30 })),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(ports, (numbers) => {
        const sorted = [...new Set(numbers)].sort((a, b) => a - b);
        expect(parsePorts(formatPorts(numbers))).toEqual({ tcp: sorted, udp: [] });
      }),
    );
  });

  test('no ports are no text', () => expect(formatPorts([])).toBe(''));

  test('writes both transports so that they are read back', () => {
    const numbers = fc
      .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 50 })
      .map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(numbers, numbers, fc.boolean(), (some, udp, only) => {
        const tcp = only ? [] : some;
        expect(parsePorts(formatSelection({ tcp, udp }))).toEqual({ tcp, udp });
      }),
    );
    expect(formatSelection({ tcp: [22, 80], udp: [53] })).toBe('22,80,U:53');
  });
});

describe('the known ports', () => {
  test('the default list is all of them, the top ones come first in the file', () => {
    const all = new Set(KNOWN_PORTS.filter((p) => p.transport === 'tcp').map(({ port }) => port));
    expect(new Set(defaultPorts('tcp'))).toEqual(all);
    expect(topPorts(1, 'tcp')).toEqual([KNOWN_PORTS.find((p) => p.transport === 'tcp')?.port]);
    expect(topPorts(all.size, 'tcp')).toEqual(defaultPorts('tcp'));
  });

  test.each([0, -1, 1.5, 70_000, Number.NaN])('top %s is refused', (count) => {
    expect(() => topPorts(count, 'tcp')).toThrow(PosternError);
  });
});

describe('nearest', () => {
  const words = ['ssh', 'postgresql', 'redis', 'rdp', 'https', 'http'];
  test.each([
    ['postgres', ['postgresql']],
    ['postgre', ['postgresql']],
    ['reddis', ['redis']],
    ['htps', ['https']],
    ['ttp', ['http']],
    ['mongodb', []],
    ['x'.repeat(100), []],
  ])('%s suggests %j', (given, expected) => {
    expect(nearest(given, words)).toEqual(expected);
  });
});
