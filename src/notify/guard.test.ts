import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardOf } from '../../test/helpers/notify-peers.ts';
import { isOutside, permittedAddresses } from './guard.ts';

describe('addresses that are inside', () => {
  it.each([
    ['loopback', '127.0.0.1 127.255.255.254 ::1'],
    ['private', '10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fd00::1'],
    ['link-local and metadata of clouds', '169.254.169.254 fe80::1 fe80::1%eth0 fd00:ec2::254'],
    ['shared, and the metadata of a cloud in it', '100.64.0.1 100.100.100.200'],
    ['answered by the cloud itself', '168.63.129.16 192.0.0.192'],
    ['this host, everybody, many', '0.0.0.0 255.255.255.255 224.0.0.1 240.0.0.1 :: ff02::1'],
    ['IPv4 in IPv6', '::ffff:127.0.0.1 ::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2001::1'],
    ['not for use', '192.0.2.1 198.51.100.1 203.0.113.1 2001:db8::1 fec0::1 198.18.0.1'],
    ['no address', 'localhost 127.1 0x7f.1 2130706433 010.0.0.1'],
  ])('%s', (_, addresses) => {
    expect(addresses.split(' ').filter(isOutside)).toEqual([]);
  });

  it('are not those of the Internet', () => {
    const outside = ['1.1.1.1', '172.32.0.1', '8.8.8.8', '2606:4700::1', '::ffff:8.8.8.8'];
    expect(outside.filter((address) => !isOutside(address))).toEqual([]);
  });

  it('holds for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isOutside(text) === 'boolean'));
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(isOutside(`::ffff:${text}`)).toBe(isOutside(text));
      }),
    );
  });
});

describe('the addresses of a host', () => {
  it.each(['127.0.0.1', '[::1]', 'localhost', 'LOCALHOST.', '169.254.169.254'])(
    'are refused for %s',
    async (host) => {
      await expect(permittedAddresses(host, guardOf([]))).rejects.toMatchObject({
        code: 'NOTIFY_INSIDE',
      });
    },
  );

  it('are those of a network that is allowed, and of no other', async () => {
    expect(await permittedAddresses('127.0.0.1', guardOf(['127.0.0.0/8']))).toEqual(['127.0.0.1']);
    await expect(permittedAddresses('::1', guardOf(['127.0.0.0/8']))).rejects.toThrow(/::1/);
  });

  it('are refused when one of a name is inside', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'notify-'));
    try {
      const hosts = join(folder, 'hosts');
      await writeFile(hosts, '1.1.1.1 hook.example\n10.0.0.7 hook.example\n');
      await expect(permittedAddresses('hook.example', guardOf([], hosts))).rejects.toMatchObject({
        code: 'NOTIFY_INSIDE',
        message: expect.stringContaining('10.0.0.7'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
