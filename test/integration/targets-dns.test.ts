import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Resolver } from '../../src/net/dns.ts';
import { createResolver } from '../../src/net/dns.ts';
import { NO_EXCLUSIONS, readExclusions } from '../../src/targets/exclude.ts';
import { expand } from '../../src/targets/expand.ts';
import { readTargets } from '../../src/targets/read.ts';
import { met } from '../helpers/needs.ts';
import { udpPeer } from '../helpers/udp-peer.ts';
import type { Child } from '../lab/child.ts';
import { startChild } from '../lab/child.ts';
import { freePort } from '../lab/ports.ts';

const HOSTS = 2000;

const ZONE = `$TTL 60
@       SOA localhost. root.localhost. 1 60 60 60 60
@       NS  localhost.
www     A    192.0.2.1
www     AAAA 2001:db8::1
many    A    192.0.2.10
many    A    192.0.2.11
many    A    192.0.2.12
many    AAAA 2001:db8::10
many    AAAA 2001:db8::11
alias   CNAME alias2
alias2  CNAME alias3
alias3  CNAME www
dangling CNAME nowhere
loop    CNAME loop2
loop2   CNAME loop
six     AAAA 2001:db8::6
text    TXT  "no address here"
shared  A    192.0.2.1
xn--mnchen-3ya A 192.0.2.20
mapped  AAAA ::ffff:192.0.2.1
ads     A    0.0.0.0
multi   A    224.0.0.251
`;

/** `broken.test` has no zone file (SERVFAIL); every other domain is not this server's (REFUSED). */
const config = (dir: string, port: number) => `options {
  directory "${dir}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  allow-query { any; };
  dnssec-validation no;
  empty-zones-enable no;
};
controls { };
zone "zone.test" { type primary; file "zone"; };
zone "broken.test" { type primary; file "absent"; };
`;

async function answers(resolver: Resolver): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await resolver.resolve('www.zone.test')).addresses.length > 0) return true;
    await sleep(100);
  }
  return false;
}

describe.skipIf(!met({ linux: true, commands: ['named'] }))('names, against a real named', () => {
  let dir = '';
  let child: Child | undefined;
  let resolver: Resolver;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'postern-named-'));
    const port = await freePort('127.0.0.1');
    const hosts = Array.from(
      { length: HOSTS },
      (_, at) => `h${at} A 198.18.${at >> 8}.${at & 255}\n`,
    );
    await writeFile(join(dir, 'zone'), ZONE + hosts.join(''));
    await writeFile(join(dir, 'named.conf'), config(dir, port));
    const args = ['-g', '-n', '1', '-c', join(dir, 'named.conf')];
    child = startChild({ command: 'named', args }, join(dir, 'log'));
    resolver = createResolver({ servers: [`127.0.0.1:${port}`] });
    if (!(await answers(resolver))) throw new Error(`named does not answer: ${child.log()}`);
  });
  afterAll(async () => {
    await child?.kill();
    await rm(dir, { recursive: true });
  });

  test.each([
    ['www', ['192.0.2.1', '2001:db8::1']],
    ['many', ['192.0.2.10', '192.0.2.11', '192.0.2.12', '2001:db8::10', '2001:db8::11']],
    ['alias', ['192.0.2.1', '2001:db8::1']],
    ['six', ['2001:db8::6']],
    ['xn--mnchen-3ya', ['192.0.2.20']],
  ])('%s has its records of both families', async (name, expected) => {
    const { addresses, failure } = await resolver.resolve(`${name}.zone.test`);
    expect(addresses.toSorted()).toEqual(expected);
    expect(failure).toBeUndefined();
  });

  test.each([
    ['nowhere.zone.test', 'not-found'],
    ['dangling.zone.test', 'not-found'],
    ['text.zone.test', 'no-address'],
    ['zone.test', 'no-address'],
    ['www.broken.test', 'server'],
    ['www.elsewhere.test', 'server'],
  ])('%s is %s', async (name, kind) => {
    const { addresses, failure } = await resolver.resolve(name);
    expect({ addresses, kind: failure?.kind }).toEqual({ addresses: [], kind });
  });

  test('a circle of aliases ends', async () => {
    const { addresses, failure } = await resolver.resolve('loop.zone.test');
    expect(addresses).toEqual([]);
    expect(failure?.kind).toBe('server');
  });

  async function scanned(targets: readonly string[], exclude: readonly string[] = []) {
    const { signal } = new AbortController();
    const problems: string[] = [];
    const onProblem = ({ message }: Error) => void problems.push(message);
    const exclusions =
      exclude.length === 0 ? NO_EXCLUSIONS : await readExclusions(exclude, { resolver, signal });
    const read = readTargets(targets, { stdin: process.stdin, onProblem, signal });
    const { addresses, namesOf } = expand(read, {
      exclusions,
      resolver,
      onProblem,
      signal,
      seed: 1,
    });
    const hosts: Record<string, readonly string[]> = {};
    for await (const address of addresses) hosts[address] = namesOf(address);
    return { hosts, problems };
  }

  test('names of one address are one host that knows them all', async () => {
    const { hosts, problems } = await scanned(
      ['münchen.zone.test', 'shared', 'www', 'alias', 'mapped', 'ads', 'multi', 'nope'].map(
        (name) => (name.includes('.') ? name : `${name}.zone.test`),
      ),
    );
    expect(hosts).toEqual({
      '192.0.2.20': ['xn--mnchen-3ya.zone.test'],
      '192.0.2.1': ['shared', 'www', 'alias', 'mapped'].map((name) => `${name}.zone.test`),
      '2001:db8::1': ['www.zone.test', 'alias.zone.test'],
    });
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(/argument 6: "ads.zone.test \(0.0.0.0\)" cannot be scanned/),
      expect.stringMatching(/argument 7: "multi.zone.test \(224.0.0.251\)" .*multicast/),
      expect.stringMatching(/argument 8: the name "nope.zone.test" does not exist/),
    ]);
  });

  test('an excluded name takes its addresses along', async () => {
    const { hosts } = await scanned(['www.zone.test', '192.0.2.0/30'], ['shared.zone.test']);
    expect(Object.keys(hosts).toSorted()).toEqual([
      '192.0.2.0',
      '192.0.2.2',
      '192.0.2.3',
      '2001:db8::1',
    ]);
    await expect(scanned(['192.0.2.1'], ['shraed.zone.test'])).rejects.toMatchObject({
      code: 'EXCLUDE_NAME',
    });
  });

  test('thousands of names out of a file', async () => {
    const path = join(dir, 'names.txt');
    await writeFile(path, Array.from({ length: HOSTS }, (_, at) => `h${at}.zone.test\n`).join(''));
    const { hosts, problems } = await scanned([`@${path}`]);
    expect(problems).toEqual([]);
    expect(Object.keys(hosts)).toHaveLength(HOSTS);
    expect(hosts['198.18.7.207']).toEqual(['h1999.zone.test']);
  });

  test('a dead server makes a problem of the name; addresses go on', async () => {
    await using dead = await udpPeer(() => []);
    const silent = createResolver({ servers: [`127.0.0.1:${dead.port}`], timeoutMs: 50, tries: 1 });
    const { signal } = new AbortController();
    const problems: string[] = [];
    const onProblem = ({ code }: { code: string }) => void problems.push(code);
    const read = readTargets(['www.zone.test', '192.0.2.7'], {
      stdin: process.stdin,
      onProblem,
      signal,
    });
    const options = { exclusions: NO_EXCLUSIONS, resolver: silent, onProblem, signal, seed: 1 };
    const found: string[] = [];
    for await (const address of expand(read, options).addresses) found.push(address);
    expect({ found, problems }).toEqual({ found: ['192.0.2.7'], problems: ['NAME_TIMEOUT'] });
  });
});
