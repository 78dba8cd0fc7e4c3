import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, ipv4Hosts } from '../../../test/helpers/simulated-scan.ts';
import { Chunk } from './chunk.ts';

const PORTS = Array.from({ length: 7 }, (_, at) => at + 1);

function chunkOf(hosts: number, key: number, left: ReadonlySet<number> = new Set()): Chunk {
  const addresses = ipv4Hosts(hosts);
  const portsOf = (address: string) => {
    const host = addresses.indexOf(address);
    return PORTS.filter((_, port) => !left.has(host * PORTS.length + port));
  };
  const block = blockOf(addresses, PORTS, left.size === 0 ? {} : { portsOf });
  const paths = new Int16Array(hosts);
  return new Chunk({ id: 1, block, paths, ports: PORTS.length, rounds: 4, key });
}

/** Takes the rest of a round, `tries` looked at for one. */
function takeAll(chunk: Chunk, tries: number): number[] {
  const taken: number[] = [];
  while (chunk.sending) {
    const probe = chunk.take(tries);
    if (probe >= 0) taken.push(probe);
  }
  expect(chunk.take(tries)).toBe(-1);
  return taken;
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b);
}

const hostCount = fc.integer({ min: 1, max: 40 });
const some = fc.uniqueArray(fc.nat(40 * PORTS.length - 1), { maxLength: 200 });

describe('Chunk', () => {
  it('takes each probe once in a round, and those settled never again', () => {
    fc.assert(
      fc.property(hostCount, fc.nat(), some, some, fc.integer({ min: 1, max: 50 }), (...drawn) => {
        const [hosts, key, leftOut, answered, tries] = drawn;
        const inside = (probe: number) => probe < hosts * PORTS.length;
        const left = new Set(leftOut.filter(inside));
        const chunk = chunkOf(hosts, key, left);
        const all = Array.from({ length: chunk.size }, (_, probe) => probe);
        const wanted = all.filter((probe) => !left.has(probe));
        expect(ascending(takeAll(chunk, tries))).toEqual(wanted);
        const settled = new Set(answered.filter(inside).filter((probe) => chunk.settle(probe, 0)));
        for (const probe of settled) expect(chunk.settle(probe, 0)).toBe(false);
        const open = wanted.filter((probe) => !settled.has(probe));
        expect(chunk).toMatchObject({ remaining: open.length, answered: settled.size });
        chunk.again(false);
        expect(ascending(takeAll(chunk, tries))).toEqual(open);
        expect(all.filter((probe) => chunk.isOpenQuestion(probe))).toEqual(open);
      }),
      { numRuns: 300 },
    );
  });

  it('asks hosts of which nothing was heard no more when told so', () => {
    const chunk = chunkOf(10, 1);
    takeAll(chunk, 100);
    chunk.settle(3 * PORTS.length + 2, 0);
    chunk.settle(8 * PORTS.length, 1);
    chunk.again(true);
    const hosts = takeAll(chunk, 100).map((probe) => chunk.hostOf(probe));
    expect(ascending(hosts)).toEqual([...Array(6).fill(3), ...Array(6).fill(8)]);
  });

  it('counts hosts by the round that their first answer answered', () => {
    const chunk = chunkOf(4, 1);
    chunk.settle(0, 0);
    chunk.settle(1, 1);
    chunk.settle(7, 2);
    // our own side said so: the host said nothing yet
    chunk.settle(14);
    chunk.settle(15, 3);
    expect(chunk.hosts).toEqual([1, 0, 1, 0]);
  });

  it('begins each round at the beginning of the same order', () => {
    const chunk = chunkOf(20, 9);
    const first = takeAll(chunk, 100);
    chunk.again(false);
    expect(chunk).toMatchObject({ pass: 2, dueAt: Number.POSITIVE_INFINITY });
    expect(takeAll(chunk, 100)).toEqual(first);
    expect(takeAll(chunkOf(20, 10), 100)).not.toEqual(first);
  });
});
