import { describe, expect, it } from 'vitest';
import { mostDatagrams, Plans, type Question } from './question.ts';

function question(name: string, ports: readonly number[], anywhere = false): Question {
  return { name, ports, anywhere, payload: () => new Uint8Array(1) };
}

const ALL = [
  question('dns', [53], true),
  question('v3', [161]),
  question('v2', [161]),
  question('sip', [5060], true),
];

describe('plans', () => {
  const names = (port: number, attempts: number, all = ALL) =>
    new Plans(all, attempts).of(port).map(({ name }) => name);

  it('repeat the questions of a port, one after the other', () => {
    expect(names(161, 2)).toEqual(['v3', 'v2', 'v3', 'v2']);
    expect(names(161, 1)).toEqual(['v3', 'v2']);
  });

  it('ask elsewhere what is asked anywhere, once each', () => {
    expect(names(7777, 2)).toEqual(['dns', 'sip']);
    expect(names(7777, 3)).toEqual(['dns', 'sip', 'dns']);
  });

  it('say nothing where nothing is known to say', () => {
    const [first] = new Plans([question('v3', [161])], 2).of(7777);
    expect(first?.payload(1)).toEqual(new Uint8Array(0));
    expect(names(7777, 2, [])).toEqual(['empty', 'empty']);
  });

  it('are counted', () => {
    expect(mostDatagrams(ALL, [53, 161, 7777], 2)).toBe(2 + 4 + 2);
  });
});
