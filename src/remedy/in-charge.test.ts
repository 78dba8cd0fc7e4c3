import { describe, expect, test } from 'vitest';
import type { FirewallFacts } from '../firewall/facts.ts';
import type { Chain, KindName, Layer } from '../firewall/layer.ts';
import { kindInCharge } from './in-charge.ts';

const NOTHING: FirewallFacts = {
  ufw: 'absent',
  firewalld: 'absent',
  programs: ['nft', 'iptables'],
};

function live(kind: KindName, chain: Partial<Chain> = {}, unread: string[] = []): Layer {
  const input: Chain = {
    name: 'input',
    hook: { point: 'input', priority: 0, type: 'filter' },
    policy: 'accept',
    rules: [{ text: 'ct state established accept', steps: [{ do: 'accept' }] }],
    ...chain,
  };
  const tables = [{ name: 'filter', family: 'inet' as const, chains: [input] }];
  return { kind, origin: 'test', role: 'live', tables, unread };
}

describe('in charge is', () => {
  test.each<[string, Layer[], Partial<FirewallFacts>, KindName]>([
    ['ufw where it is enabled', [live('iptables')], { ufw: 'enabled' }, 'ufw'],
    ['firewalld where it runs', [live('nftables')], { firewalld: 'running' }, 'firewalld'],
    [
      'nftables by its rules',
      [live('nftables')],
      { ufw: 'disabled', firewalld: 'stopped' },
      'nftables',
    ],
    ['nftables before iptables', [live('iptables'), live('nftables')], {}, 'nftables'],
    ['iptables by its rules', [live('iptables')], {}, 'iptables'],
    ['iptables by its policy', [live('iptables', { rules: [], policy: 'drop' })], {}, 'iptables'],
    ['nftables where nothing filters', [live('iptables', { rules: [] })], {}, 'nftables'],
    ['nftables where there is nothing', [], {}, 'nftables'],
    ['iptables where there is no nft', [], { programs: ['iptables'] }, 'iptables'],
  ])('%s', (_, layers, facts, kind) => {
    expect(kindInCharge(layers, { ...NOTHING, ...facts }).kind).toBe(kind);
  });

  test('what the user says', () => {
    expect(kindInCharge([], { ...NOTHING, ufw: 'unknown' }, 'firewalld').kind).toBe('firewalld');
  });

  test.each<[string, Layer[], Partial<FirewallFacts>]>([
    ['two managers are active', [], { ufw: 'enabled', firewalld: 'running' }],
    ['a manager could not be asked', [live('nftables')], { ufw: 'unknown' }],
    ['the rules could not be read', [live('nftables', { rules: [] }, ['nft: denied'])], {}],
    ['there is nothing at all', [], { programs: [] }],
  ])('not guessed when %s', (_, layers, facts) => {
    expect(() => kindInCharge(layers, { ...NOTHING, ...facts })).toThrow(
      expect.objectContaining({ code: 'REMEDY_IN_CHARGE' }),
    );
  });
});
