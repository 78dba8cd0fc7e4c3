import { describe, expect, test } from 'vitest';
import type { FirewallFacts } from '../firewall/facts.ts';
import type { Kind, Script } from '../firewall/kind.ts';
import type { Machine } from '../model/machine.ts';
import { planRemedy, type Situation, type Wish } from './plan.ts';

const MACHINE: Machine = {
  hostname: 'test',
  system: 'linux',
  devices: [
    {
      name: 'eth0',
      loopback: false,
      up: true,
      addresses: [{ address: '203.0.113.7', prefix: 24 }],
    },
    { name: 'eth1', loopback: false, up: true, addresses: [{ address: '10.1.2.3', prefix: 24 }] },
    { name: 'wg0', loopback: false, up: true, addresses: [{ address: '10.9.8.1', prefix: 24 }] },
  ],
  routes: [],
};
const FACTS: FirewallFacts = { ufw: 'absent', firewalld: 'absent', programs: ['nft'] };
const REDIS = {
  transport: 'tcp',
  bind: '0.0.0.0',
  families: [4],
  scope: 'all',
  port: 6379,
  namespace: 'host',
  program: 'redis-server',
  unseen: [],
} as const;
const SITUATION: Situation = {
  layers: [],
  facts: FACTS,
  doors: { listeners: [REDIS], publications: [] },
  machine: MACHINE,
};

/** A kind that changes nothing. */
const kind = (): Kind => ({
  name: 'nftables',
  title: 'nftables',
  recognizes: () => false,
  read: () => ({ kind: 'nftables', origin: 'test', role: 'live', tables: [], unread: [] }),
  write: () => [],
  change: () => {
    const script: Script = {
      kind: 'nftables',
      apply: [],
      undo: [],
      persist: [],
      touches: [],
      text: '',
      warnings: ['of the kind'],
    };
    return script;
  },
});

const wish = (part: Partial<Wish> = {}): Wish => ({
  transport: 'tcp',
  port: 6379,
  families: [4, 6],
  ...part,
});

describe('a plan', () => {
  test.each<[Partial<Wish>, string]>([
    [{}, 'close tcp port 6379'],
    [{ only: ['10.0.0.0/8'] }, 'restrict tcp port 6379 to 10.0.0.0/8'],
    [{ device: 'wg0' }, 'restrict tcp port 6379 to device wg0'],
    [{ only: ['10.0.0.0/8'], device: 'wg0' }, 'restrict tcp port 6379 to 10.0.0.0/8 on device wg0'],
    [{ only: [] }, 'restrict tcp port 6379 to nobody'],
    [
      { only: ['1.0.0.0/8', '2.0.0.0/8', '3.0.0.0/8', '4.0.0.0/8', '5.0.0.0/8'] },
      'restrict tcp port 6379 to 1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8 and 2 more networks',
    ],
  ])('of %j is to %s', (part, summary) => {
    const plan = planRemedy(wish(part), SITUATION, kind);
    expect(plan.summary).toBe(summary);
    expect(plan.change.reason).toBe(summary);
  });

  test.each<[string, Partial<Wish>, string | undefined]>([
    ['the loopback when closed', {}, 'bind 127.0.0.1'],
    ['the inner address when clients are there', { only: ['10.0.0.0/8'] }, 'bind 10.1.2.3'],
    ['the address of the VPN', { device: 'wg0' }, 'bind 10.9.8.1'],
    ['nowhere in particular when clients are outside', { only: ['198.51.100.0/24'] }, undefined],
    ['nowhere in particular on a device that is not there', { device: 'wg7' }, undefined],
  ])('binds the service to %s', (_, part, line) => {
    const { services } = planRemedy(wish(part), SITUATION, kind);
    expect(services.find(({ how }) => how === 'bind')?.lines[0]).toBe(line);
  });

  test('puts the rule of a published port where forwarded packets pass', () => {
    const publication = {
      transport: 'tcp',
      bind: '0.0.0.0',
      port: 6379,
      container: { runtime: 'docker', name: 'cache' },
      containerPort: 6380,
      containerAddress: '172.17.0.2',
    } as const;
    const doors = { listeners: [], publications: [publication] };
    const { change, services } = planRemedy(wish(), { ...SITUATION, doors }, kind);
    expect(change.forwarded).toEqual({ address: '172.17.0.2', port: 6380 });
    expect(services.map(({ how }) => how)).toEqual(['unpublish']);
  });

  test('warns of a family that is shut, and of rules that nobody could read', () => {
    const layers = [
      { kind: 'iptables', origin: 'x', role: 'saved', tables: [], unread: ['x: denied'] },
    ] as const;
    const plan = planRemedy(wish({ only: ['10.0.0.0/8'] }), { ...SITUATION, layers }, kind);
    expect(plan.warnings).toEqual([
      'of the kind',
      'Over IPv6 nobody is let in: no network of it was named.',
      'Not all rules could be read, so what they do is not certain: x: denied.',
    ]);
  });
});
