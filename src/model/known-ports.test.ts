import { describe, expect, it } from 'vitest';
import { TCP_ORDER, UDP_ORDER } from './known-ports/order.ts';
import { KNOWN_PORTS, knownPort, PORT_GROUPS } from './known-ports.ts';
import { LEVELS, SEVERITIES } from './verdict.ts';

const REQUIRED = [
  102, 502, 1883, 2375, 2379, 5601, 5672, 5984, 5985, 6379, 6443, 9042, 9092, 10250, 11211, 11434,
  15672, 27017,
];
const tcp = KNOWN_PORTS.filter(({ transport }) => transport === 'tcp');
const udp = KNOWN_PORTS.filter(({ transport }) => transport === 'udp');

describe('KNOWN_PORTS', () => {
  it('holds each (transport, port) once', () => {
    const keys = KNOWN_PORTS.map(({ transport, port }) => `${transport}/${port}`);
    expect(keys).toEqual([...new Set(keys)]);
  });

  it('ranks every entry, and only entries', () => {
    expect(tcp.map(({ port }) => port)).toEqual(TCP_ORDER);
    expect(udp.map(({ port }) => port)).toEqual(UDP_ORDER);
  });

  it('has the size that a default scan is meant to have', () => {
    expect(tcp.length).toBeGreaterThanOrEqual(350);
    expect(tcp.length).toBeLessThanOrEqual(460);
    expect(udp.length).toBeGreaterThanOrEqual(60);
  });

  it('covers every group and the ports that the product promises', () => {
    expect([...new Set(KNOWN_PORTS.map(({ group }) => group))].sort()).toEqual(
      [...PORT_GROUPS].sort(),
    );
    expect(REQUIRED.filter((port) => knownPort('tcp', port) === undefined)).toEqual([]);
  });

  it('starts with what is met most', () => {
    expect(TCP_ORDER.slice(0, 3)).toEqual([443, 80, 22]);
    for (const port of [25, 53, 21, 3306, 3389, 445, 8080, 8443]) {
      expect(TCP_ORDER.indexOf(port)).toBeLessThan(20);
    }
  });

  it.each(KNOWN_PORTS)('$transport/$port $name is complete', (entry) => {
    expect(entry.port).toBeGreaterThan(0);
    expect(entry.port).toBeLessThan(65_536);
    expect(entry.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(entry.title).toMatch(/\S/);
    for (const sentence of [entry.uses, entry.risk]) {
      expect(sentence).toMatch(/^[A-Z]?\S.{10,}\.$/);
      expect(sentence).not.toContain('\n');
    }
    expect(LEVELS).toContain(entry.level);
    expect(SEVERITIES).toContain(entry.severity);
    expect(entry.level !== 'expected' || entry.severity === 'info').toBe(true);
  });

  it('gives a name to one port of a transport, so that -p NAME says what it means', () => {
    const names = KNOWN_PORTS.map(({ transport, name }) => `${transport}/${name}`);
    expect(names).toEqual([...new Set(names)]);
  });
});
