import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Resolution } from '../net/dns.ts';
import { guardInside } from './inside-guard.ts';

const answering = (addresses: readonly string[]) => ({
  resolve: async (): Promise<Resolution> => ({ addresses }),
});
const all = async (addresses: readonly string[]) => addresses;
const none = async () => [];

describe('a name of a tenant', () => {
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    'fd00::1',
    'fe80::1',
    '64:ff9b::a00:1',
    ...own.map(({ address }) => address),
  ])('leads to %s only where that is granted', async (address) => {
    const resolver = answering(['1.1.1.1', address]);
    expect(await guardInside(resolver, all).resolve('a.example')).toEqual({
      addresses: ['1.1.1.1'],
      failure: { kind: 'inside', detail: expect.stringContaining(address) },
    });
    expect(await guardInside(resolver, none).resolve('a.example')).toEqual({
      addresses: ['1.1.1.1', address],
    });
  });

  it('leads to the Internet without being asked for more', async () => {
    const resolver = answering(['1.1.1.1', '2606:4700::1111']);
    const guarded = guardInside(resolver, async () => {
      throw new Error('asked');
    });
    expect((await guarded.resolve('a.example')).failure).toBeUndefined();
  });
});
