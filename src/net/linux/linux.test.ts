import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRNO } from './errno.ts';
import { libcUnavailable, loadLibc, rawBuffer } from './libc.ts';
import { encodeAddress } from './sockaddr.ts';
import { readIcmpReason } from './socket-error.ts';
import { TcpSockets } from './tcp-socket.ts';

const noScope = () => 0;

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname;
}

/** A `cmsghdr` of zeros, then a `sock_extended_err` with EHOSTUNREACH. */
function control(origin: number, type: number, code: number): Uint8Array {
  return Uint8Array.from([...new Uint8Array(16), 113, 0, 0, 0, origin, type, code, 0]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Node keeps it to itself but for a handle that has carried `fd` since its first versions. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { fd: number } };
  return handle.fd;
}

describe('encodeAddress', () => {
  it('writes sockaddr_in', () => {
    expect(hex(encodeAddress('192.0.2.7', noScope)?.bytes)).toBe(
      '02000000c00002070000000000000000',
    );
  });

  it.each([
    ['::1', '00000000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['2001:db8::5:0:7', '20010db8000000000000000500000007'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('writes sockaddr_in6 of %s', (text, bytes) => {
    expect(hex(encodeAddress(text, noScope)?.bytes)).toBe(`0a00000000000000${bytes}00000000`);
  });

  it('writes the interface of a link-local address', () => {
    const named = encodeAddress('fe80::1%eth7', (zone) => (zone === 'eth7' ? 7 : 0));
    expect(hex(named?.bytes.subarray(24))).toBe('07000000');
    expect(hex(encodeAddress('fe80::1%9', noScope)?.bytes.subarray(24))).toBe('09000000');
  });

  it('refuses what is no address', () => {
    for (const text of ['', 'example.org', '1.2.3', '1.2.3.4.5', '::1::', '010.0.0.1/8']) {
      expect(encodeAddress(text, noScope)).toBeNull();
    }
  });

  it('agrees with the text for any IPv4 and IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const bytes = encodeAddress(text, noScope)?.bytes.subarray(4, 8) ?? [];
        expect([...bytes].join('.')).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = encodeAddress(text, noScope)?.bytes.subarray(8, 24) ?? new Uint8Array();
        const groups = hex(bytes).match(/.{4}/g)?.join(':') ?? '';
        expect(canonical(groups)).toBe(canonical(text));
      }),
    );
  });
});

describe('readIcmpReason', () => {
  it.each([
    [2, 3, 0, 'icmp-net-unreachable'],
    [2, 3, 1, 'icmp-host-unreachable'],
    [2, 3, 2, 'icmp-proto-unreachable'],
    [2, 3, 3, 'icmp-port-unreachable'],
    [2, 3, 9, 'icmp-net-prohibited'],
    [2, 3, 10, 'icmp-host-prohibited'],
    [2, 3, 13, 'icmp-admin-prohibited'],
    [2, 3, 15, 'icmp-unreachable'],
    [2, 11, 0, 'icmp-unreachable'],
    [3, 1, 0, 'icmp-net-unreachable'],
    [3, 1, 1, 'icmp-admin-prohibited'],
    [3, 1, 3, 'icmp-host-unreachable'],
    [3, 1, 4, 'icmp-port-unreachable'],
    [3, 1, 200, 'icmp-unreachable'],
    [3, 3, 0, 'icmp-unreachable'],
  ])('origin %i, type %i, code %i is %s', (origin, type, code, reason) => {
    expect(readIcmpReason(control(origin, type, code))).toBe(reason);
  });

  it('finds none in an error of our own', () => {
    expect(readIcmpReason(control(1, 3, 1))).toBeNull();
    expect(readIcmpReason(new Uint8Array(10))).toBeNull();
  });

  it('reads any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reason = readIcmpReason(bytes);
        expect(reason === null || reason.startsWith('icmp-')).toBe(true);
      }),
    );
  });
});

describe.skipIf((await libcUnavailable()) !== null)('libc', () => {
  it('tells error numbers apart', async () => {
    const libc = await loadLibc();
    expect(libc.close(-1)).toBe(-1);
    expect(libc.errno()).toBe(9);
    expect(libc.socket(9999, 1, 0)).toBe(-1);
    expect(libc.errno()).toBe(97);
  });

  it('knows interfaces and limits', async () => {
    const libc = await loadLibc();
    expect(libc.interfaceIndex('lo')).toBe(1);
    expect(libc.interfaceIndex('no-such-one')).toBe(0);
    expect(new TcpSockets(libc).descriptorLimit()).toBeGreaterThan(3);
  });

  it('knows a connection to itself', async () => {
    const sockets = new TcpSockets(await loadLibc());
    const port = await freePort();
    const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port });
    await once(socket, 'connect');
    const to = encodeAddress('127.0.0.1', noScope);
    const other = encodeAddress('127.0.0.2', noScope);
    if (to === null || other === null) throw new Error('no address');
    const fd = descriptorOf(socket);
    expect(sockets.isSelf(fd, to, port)).toBe(true);
    expect(sockets.isSelf(fd, other, port)).toBe(false);
    expect(sockets.isSelf(fd, to, port + 1)).toBe(false);
    socket.destroy();
  });

  it('gives memory that stays where it is', async () => {
    const libc = await loadLibc();
    const memory = rawBuffer(8);
    const address = libc.addressOf(memory);
    for (let more = 0; more < 1000; more++) rawBuffer(1000);
    expect(libc.addressOf(memory)).toBe(address);
  });

  it('resets a connection and uses its socket for the next', async () => {
    const sockets = new TcpSockets(await loadLibc());
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = encodeAddress('127.0.0.1', noScope);
    if (target === null) throw new Error('127.0.0.1 is an address');
    const fd = sockets.open(target.family);
    for (let round = 0; round < 2; round++) {
      const accepted = once(server, 'connection');
      expect(sockets.connect(fd, target, port)).toBe(ERRNO.EINPROGRESS);
      const [peer] = (await accepted) as [Socket];
      const failed = once(peer, 'error');
      expect(sockets.unconnect(fd)).toBe(true);
      expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    }
    sockets.close(fd);
    server.close();
  });
});
