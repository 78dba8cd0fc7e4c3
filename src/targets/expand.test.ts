import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Resolution, Resolver } from '../net/dns.ts';
import { readExclusions } from './exclude.ts';
import type { ExpandOptions } from './expand.ts';
import { countAddresses, expand, shuffled } from './expand.ts';
import { readTargets } from './read.ts';

const NAMES: Readonly<Record<string, Resolution>> = {
  'www.example': { addresses: ['192.0.2.1', '2001:db8::1'] },
  'mail.example': { addresses: ['192.0.2.1'] },
  'half.example': { addresses: ['192.0.2.3'], failure: { kind: 'timeout', detail: 'ETIMEOUT' } },
  'blocked.example': { addresses: ['0.0.0.0', '192.0.2.4'] },
  'mapped.example': { addresses: ['192.0.2.5', '::ffff:192.0.2.5'] },
  'empty.example': { addresses: [], failure: { kind: 'no-address', detail: 'ENODATA' } },
  'broken.example': { addresses: [], failure: { kind: 'server', detail: 'SERVFAIL' } },
};
const NONE: Resolution = { addresses: [], failure: { kind: 'not-found', detail: 'ENOTFOUND' } };
const resolver: Resolver = { resolve: async (name) => NAMES[name] ?? NONE };

interface World {
  readonly exclude?: readonly string[];
  readonly resolver?: Resolver;
  readonly seed?: number;
  readonly stop?: AbortController;
  readonly stdin?: PassThrough;
  readonly holdMs?: number;
}

async function start(texts: readonly string[], world: World = {}) {
  const problems: string[] = [];
  const { signal } = world.stop ?? new AbortController();
  const options: ExpandOptions = {
    exclusions: await readExclusions(world.exclude ?? [], { resolver, signal }),
    resolver: world.resolver ?? resolver,
    onProblem: ({ code, message }) => problems.push(`${code} ${message}`),
    signal,
    seed: world.seed ?? 1,
    holdMs: world.holdMs ?? 60_000,
  };
  const { onProblem } = options;
  const targets = readTargets(texts, {
    stdin: world.stdin ?? new PassThrough(),
    onProblem,
    signal,
  });
  return { problems, options, targets };
}

async function expanded(texts: readonly string[], world: World = {}) {
  const { problems, options, targets } = await start(texts, world);
  const { addresses, namesOf, counted } = expand(targets, options);
  const found: string[] = [];
  for await (const address of addresses) found.push(address);
  return { found, problems, namesOf, counted: counted() };
}

/** Targets in 10.0.0.0/25 as text and as the last octets they mean. */
const octet = fc.nat(127);
const piece = fc.oneof(
  octet.map((at) => ({ text: `10.0.0.${at}`, first: at, last: at })),
  fc.tuple(octet, octet).map(([a, b]) => {
    const [first, last] = [Math.min(a, b), Math.max(a, b)];
    return { text: `10.0.0.${first}-${last}`, first, last };
  }),
  fc.tuple(octet, fc.integer({ min: 25, max: 32 })).map(([at, bits]) => {
    const size = 2 ** (32 - bits);
    const first = at - (at % size);
    return { text: `10.0.0.${at}/${bits}`, first, last: first + size - 1 };
  }),
);

const range = ({ first, last }: { first: number; last: number }) =>
  `2001:db8::${first.toString(16)}-2001:db8::${last.toString(16)}`;

/** 50,000 lines in no order, some of them alike. */
function* scattered() {
  for (let i = 0; i < 50_000; i += 1) {
    const n = Math.imul(i, 0x9e3779b1) >>> 14;
    yield `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}\n`;
  }
}

/** A resolver that answers only once `release` is called. */
function heldResolver() {
  const gate = new EventEmitter();
  const opened = once(gate, 'open');
  const held: Resolver = {
    resolve: async (name) => {
      await opened;
      return NAMES[name] ?? NONE;
    },
  };
  return { held, release: () => void gate.emit('open') };
}

const order = async (seed: number) =>
  (await expanded(['10.0.0.0/24', '10.0.9.0/24'], { seed })).found;

describe('expand', () => {
  test('equals plain set arithmetic, whatever overlaps, in both families', async () => {
    const pieces = fc.array(piece, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.array(piece, { maxLength: 4 }),
        fc.nat(),
        async (targets, excluded, seed) => {
          const octets = Array.from({ length: 128 }, (_, at) => at).filter((at) => {
            const within = ({ first, last }: { first: number; last: number }) =>
              first <= at && at <= last;
            return targets.some(within) && !excluded.some(within);
          });
          const v4 = await expanded(
            targets.map(({ text }) => text),
            { exclude: excluded.map(({ text }) => text), seed },
          );
          expect(v4.found.toSorted()).toEqual(octets.map((at) => `10.0.0.${at}`).toSorted());
          expect(v4.counted).toEqual({ addresses: octets.length, complete: true });
          const v6 = await expanded(targets.map(range), { exclude: excluded.map(range), seed });
          expect(v6.found).toHaveLength(octets.length);
          expect(new Set(v6.found).size).toBe(octets.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a /8 and the whole of IPv4 start at once and take no memory', async () => {
    const { options, targets } = await start(['10.0.0.0/8', '0.0.0.0/0'], {
      exclude: ['10.0.0.0/9'],
    });
    const { addresses, counted } = expand(targets, options);
    let count = 0;
    let before = 0;
    const noHosts: string[] = [];
    for await (const address of addresses) {
      if (/^(0|22[4-9]|23\d)\./.test(address)) noHosts.push(address);
      count += 1;
      if (count === 10_000) before = process.memoryUsage().heapUsed;
      if (count === 300_000) break;
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
    expect(noHosts).toEqual([]);
    expect(counted().addresses).toBe(2 ** 32 - 2 ** 24 - 2 ** 28 - 1 - 2 ** 23);
  });

  test('many single addresses in random order come once each', async () => {
    const stdin = new PassThrough();
    const { options, targets } = await start(['-'], { stdin });
    void (async () => {
      for (const line of scattered())
        if (!stdin.write(line)) await new Promise((go) => stdin.once('drain', go));
      stdin.end();
    })();
    const expected = new Set([...scattered()].map((line) => line.trim()));
    const seen = new Set<string>();
    let count = 0;
    for await (const address of expand(targets, options).addresses) {
      seen.add(address);
      count += 1;
    }
    expect(count).toBe(expected.size);
    expect(seen).toEqual(expected);
  });

  test('names give all addresses of both families, once, and are told per address', async () => {
    const { found, namesOf, problems } = await expanded([
      '192.0.2.0/30',
      'mail.example',
      'www.example',
      'WWW.example.',
      'mapped.example',
    ]);
    expect(found.toSorted()).toEqual([
      '192.0.2.0',
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.5',
      '2001:db8::1',
    ]);
    expect(namesOf('192.0.2.1')).toEqual(['mail.example', 'www.example']);
    expect(namesOf('192.0.2.5')).toEqual(['mapped.example']);
    expect(namesOf('2001:db8::1')).toEqual(['www.example']);
    expect(namesOf('192.0.2.2')).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('each way a name fails has its own word, and the rest goes on', async () => {
    const { found, problems } = await expanded([
      'gone.example',
      'empty.example',
      'broken.example',
      'half.example',
      'blocked.example',
    ]);
    expect(found.toSorted()).toEqual(['192.0.2.3', '192.0.2.4']);
    expect(problems).toEqual([
      expect.stringMatching(/^NAME_NOT_FOUND argument 1: the name "gone.example" does not exist/),
      expect.stringMatching(/^NAME_NO_ADDRESS argument 2: /),
      expect.stringMatching(/^NAME_SERVER_FAILURE argument 3: .*SERVFAIL/),
      expect.stringMatching(/^NAME_TIMEOUT argument 4: /),
      expect.stringMatching(/^TARGET_NOT_A_HOST argument 5: "blocked.example \(0.0.0.0\)"/),
    ]);
  });

  test('names are complete before the first address comes', async () => {
    const { held, release } = heldResolver();
    const { options, targets } = await start(['192.0.2.1', 'www.example', 'mail.example'], {
      resolver: held,
    });
    const { addresses, namesOf } = expand(targets, options);
    const first = addresses[Symbol.asyncIterator]().next();
    setImmediate(release);
    await first;
    expect(namesOf('192.0.2.1')).toEqual(['www.example', 'mail.example']);
  });

  test('names that take too long hold nothing back, and still show up', async () => {
    const { held, release } = heldResolver();
    const { options, targets } = await start(['192.0.2.1', 'www.example'], {
      resolver: held,
      holdMs: 1,
    });
    const { addresses, namesOf, counted } = expand(targets, options);
    const found: string[] = [];
    const counts: unknown[] = [];
    for await (const address of addresses) {
      counts.push(counted());
      found.push(address);
      release();
    }
    expect(counts[0]).toEqual({ addresses: 1, complete: false });
    expect(found).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(namesOf('192.0.2.1')).toEqual(['www.example']);
  });

  test('exclusions are stronger than targets: by address and by name', async () => {
    const exclude = ['192.0.2.1', 'half.example'];
    const { found, namesOf } = await expanded(
      ['www.example', '192.0.2.1', 'half.example', '192.0.2.4'],
      {
        exclude: exclude.filter((text) => !text.startsWith('half')),
      },
    );
    expect(found.toSorted()).toEqual(['192.0.2.3', '192.0.2.4', '2001:db8::1']);
    expect(namesOf('192.0.2.1')).toEqual([]);
    const byName = await expanded(['mail.example', 'www.example', '192.0.2.4'], {
      exclude: ['mail.example'],
    });
    expect(byName.found.toSorted()).toEqual(['192.0.2.4', '2001:db8::1']);
  });

  test.each([
    ['0.1.2.3', /this network/],
    ['224.0.0.0/8', /multicast/],
    ['255.255.255.255', /broadcast/],
    ['::', /unspecified/],
    ['ff02::1%eth0', /not an IP address/],
    ['ff02::1', /multicast/],
    ['fe80::1', /needs its interface/],
    ['2001:db8::/64', /more than 2\^32 addresses/],
  ])('%s is no host', async (text, reason) => {
    const { found, problems } = await expanded([text, '10.0.0.1']);
    expect(found).toEqual(['10.0.0.1']);
    expect(problems).toEqual([expect.stringMatching(reason)]);
  });

  test('a block that only touches such addresses goes on without them', async () => {
    const { found, problems } = await expanded(['0.255.255.254-1.0.0.1']);
    expect([found.toSorted(), problems]).toEqual([['1.0.0.0', '1.0.0.1'], []]);
  });

  test('link-local addresses keep their zone', async () => {
    const { found } = await expanded(
      ['fe80::1%eth0-fe80::2%eth0', 'fe80::1%eth1', 'fe80::1%eth0'],
      {
        exclude: ['fe80::2'],
      },
    );
    expect(found.toSorted()).toEqual(['fe80::1%eth0', 'fe80::1%eth1']);
  });

  test('the seed fixes the order', async () => {
    expect(await order(5)).toEqual(await order(5));
    expect(await order(5)).not.toEqual(await order(6));
  });

  test('the signal ends it while input is silent and while a block is running', async () => {
    const stop = new AbortController();
    const { options, targets } = await start(['-'], { stop });
    const next = expand(targets, options).addresses[Symbol.asyncIterator]().next();
    setImmediate(() => stop.abort());
    expect((await next).done).toBe(true);

    const other = new AbortController();
    const running = await start(['10.0.0.0/8'], { stop: other });
    let count = 0;
    for await (const _ of expand(running.targets, running.options).addresses) {
      count += 1;
      if (count === 10) other.abort();
    }
    expect(count).toBe(10);
  });
});

test('countAddresses counts without expanding', async () => {
  const { options, targets } = await start(['0.0.0.0/0', '10.0.0.0/8', 'www.example'], {
    exclude: ['10.0.0.0/8'],
  });
  expect(await countAddresses(targets, options)).toBe(
    2 ** 32 - 2 ** 24 - 2 ** 28 - 1 - 2 ** 24 + 1,
  );
});

test('shuffled visits the ends of every block', () => {
  const blocks = [
    { family: 4, start: 0xfffffffe, end: 0x100000000 },
    { family: 6, start: 5n, end: 7n },
  ] as const;
  expect([...shuffled(blocks, 3)].toSorted()).toEqual([
    '255.255.255.254',
    '255.255.255.255',
    '::5',
    '::6',
  ]);
});
