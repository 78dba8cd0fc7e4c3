import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLink, speaksEthernet } from './links.ts';
import { readNeighbour } from './neighbours.ts';
import {
  numberBytes,
  readAttributes,
  readMessages,
  readNumber,
  writeAttribute,
  writeMessage,
} from './netlink-message.ts';
import { readRoute, readRoutePrefix, readRulePrefix } from './route-message.ts';

const numbers16 = fc.nat(0xffff);
const attributes = fc.array(fc.tuple(fc.nat(0x3fff), fc.uint8Array({ maxLength: 40 })), {
  maxLength: 6,
});

/** Bytes that look enough like a message to get far: a header of 12 bytes, then attributes. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(fc.uint8Array({ minLength: 12, maxLength: 12 }), attributes)
    .map(([header, list]) =>
      Buffer.concat([header, ...list.map(([type, value]) => writeAttribute(type % 32, value))]),
    ),
);

describe('netlink messages', () => {
  it('are read as they were written', () => {
    const message = fc.tuple(numbers16, numbers16, fc.nat(), attributes);
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (list) => {
        const written = list.map(([type, flags, sequence, own]) =>
          writeMessage(
            type,
            flags,
            sequence,
            Buffer.concat(own.map(([kind, value]) => writeAttribute(kind, value))),
          ),
        );
        const read = readMessages(Buffer.concat(written));
        expect(read.map(({ type, flags, sequence }) => [type, flags, sequence])).toEqual(
          list.map((entry) => entry.slice(0, 3)),
        );
        read.forEach(({ body }, index) => {
          const expected = new Map(list[index]?.[3].map(([kind, value]) => [kind, hex(value)]));
          const got = [...readAttributes(body, 0)].map(([kind, value]) => [kind, hex(value)]);
          expect(new Map(got as [number, string][])).toEqual(expected);
        });
      }),
    );
  });

  it('never lead outside of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const total = readMessages(bytes).reduce((sum, { body }) => sum + body.length + 16, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
        const values = [...readAttributes(bytes, 4).values()];
        const size = values.reduce((sum, value) => sum + value.length + 4, 0);
        expect(size).toBeLessThanOrEqual(Math.max(0, bytes.length - 4));
      }),
    );
  });

  it('hold numbers', () => {
    expect(readNumber(numberBytes(0xfedc_ba98))).toBe(0xfedc_ba98);
    expect(readNumber(numberBytes(1), 1)).toBeNull();
    expect(readNumber(undefined)).toBeNull();
  });
});

describe('any bytes', () => {
  it('hold a route or none', () => {
    fc.assert(
      fc.property(bodies, (bytes) => {
        const route = readRoute(bytes);
        expect([4, 16, undefined]).toContain(route?.gateway?.length);
        expect([4, 16, undefined]).toContain(route?.source?.length);
        for (const prefix of [readRoutePrefix(bytes), readRulePrefix(bytes)]) {
          if (prefix !== null) expect(prefix.length).toBeLessThanOrEqual(prefix.first.length * 8);
        }
      }),
    );
  });

  it('hold an interface or none, and a neighbour or none', () => {
    fc.assert(
      fc.property(bodies, (bytes) => {
        const link = readLink(bytes);
        if (link !== null && speaksEthernet(link)) expect(link.address).toHaveLength(6);
        const neighbour = readNeighbour(bytes);
        expect([8, 32, undefined]).toContain(neighbour?.address.length);
        expect([6, undefined]).toContain(neighbour?.mac?.length);
      }),
    );
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
