import { describe, expect, it } from 'vitest';
import { iptables } from '../iptables.ts';

describe('recognizing iptables', () => {
  it.each([
    ['a.txt', '# Generated\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', true],
    ['a.txt', 'create S hash:net family inet\n', true],
    ['iptables-legacy-save', '', true],
    ['ip6tables-save', '# only a comment\n', true],
    ['a.txt', '', false],
    ['iptables-save', 'Chain INPUT (policy ACCEPT)\n', false],
    ['a.txt', 'table inet filter {\n}\n', false],
  ])('%s %j: %s', (origin, text, expected) => {
    expect(iptables.recognizes({ origin, text })).toBe(expected);
  });
});
