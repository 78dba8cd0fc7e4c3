import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDeviceAddress } from './device-addresses.ts';
import { readMainRoutes } from './main-routes.ts';
import { numberBytes, writeAttribute } from './netlink-message.ts';
import { readDiagSocket } from './sock-diag.ts';

/** A body whose words are filled, for the readers to find their way in. */
const anyBody = fc.uint8Array({ maxLength: 160 });

function diagMessage(family: number, local: readonly number[]): Uint8Array {
  const body = Buffer.alloc(72);
  body[0] = family;
  body.writeUInt16BE(8080, 4);
  body.writeUInt16BE(443, 6);
  body.set(local, 8);
  body.writeUInt32LE(3, 40);
  body.writeUInt32LE(33, 64);
  body.writeUInt32LE(4711, 68);
  return body;
}

describe('readDiagSocket', () => {
  it('reads an IPv4 socket', () => {
    expect(readDiagSocket(diagMessage(2, [192, 0, 2, 7]), 'tcp')).toEqual({
      transport: 'tcp',
      family: 4,
      local: '192.0.2.7',
      port: 8080,
      remote: '0.0.0.0',
      remotePort: 443,
      interfaceIndex: 3,
      uid: 33,
      inode: 4711,
      v6only: null,
      cgroup: null,
    });
  });

  it('reads what only IPv6 sockets have, and the control group', () => {
    const cgroup = Buffer.alloc(8);
    cgroup.writeBigUInt64LE(2n ** 40n);
    const body = Buffer.concat([
      diagMessage(10, []),
      writeAttribute(11, Uint8Array.of(1)),
      writeAttribute(21, cgroup),
    ]);
    expect(readDiagSocket(body, 'udp')).toMatchObject({
      family: 6,
      local: '::',
      v6only: true,
      cgroup: 2n ** 40n,
    });
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(anyBody, fc.constantFrom(2, 10, 0), (body, family) => {
        if (body.length > 0) body[0] = family;
        const socket = readDiagSocket(body, 'tcp');
        if (socket !== null) expect(isIP(socket.local)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('readDeviceAddress', () => {
  it('reads our end of a point-to-point device, not the other', () => {
    const header = Buffer.alloc(8);
    header.set([2, 32]);
    header.writeUInt32LE(5, 4);
    const peer = writeAttribute(1, Uint8Array.of(10, 64, 0, 2));
    const own = writeAttribute(2, Uint8Array.of(10, 64, 0, 1));
    expect(readDeviceAddress(Buffer.concat([header, peer, own]))).toEqual({
      interfaceIndex: 5,
      address: '10.64.0.1',
      prefix: 32,
    });
    expect(readDeviceAddress(header)).toBeNull();
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const read = readDeviceAddress(body);
        if (read !== null) expect(isIP(read.address)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('readMainRoutes', () => {
  function route(table: number, kind: number, ...attributes: Uint8Array[]): Uint8Array {
    const header = Buffer.alloc(12);
    header.set([2, 24, 0, 0, table, 0, 0, kind]);
    return Buffer.concat([header, writeAttribute(1, Uint8Array.of(192, 0, 2, 0)), ...attributes]);
  }
  const device = writeAttribute(4, numberBytes(7));

  it('reads unicast routes of the main table only', () => {
    expect(readMainRoutes(route(254, 1, device))).toEqual([
      { to: '192.0.2.0/24', interfaceIndex: 7 },
    ]);
    expect(readMainRoutes(route(255, 1, device))).toEqual([]);
    expect(readMainRoutes(route(254, 7, device))).toEqual([]);
    expect(readMainRoutes(route(254, 1, device, writeAttribute(15, numberBytes(1000))))).toEqual(
      [],
    );
  });

  it('reads each way of a route over several devices', () => {
    const hops = Buffer.alloc(16);
    for (const [at, index] of [3, 9].entries()) {
      hops.writeUInt16LE(8, at * 8);
      hops.writeInt32LE(index, at * 8 + 4);
    }
    const routes = readMainRoutes(route(254, 1, writeAttribute(9, hops)));
    expect(routes.map(({ interfaceIndex }) => interfaceIndex)).toEqual([3, 9]);
  });

  it('takes any bytes, and ends', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        if (body.length > 7) body.set([254, 0, 0, 1], 4);
        for (const { to } of readMainRoutes(body)) expect(to).toMatch(/^[\da-f.:]+\/\d+$/);
      }),
    );
  });
});
