import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dnsPeer, type Said } from '../../test/helpers/dns-peer.ts';
import { udpPeer } from '../../test/helpers/udp-peer.ts';
import { createResolver, createTextResolver } from './dns.ts';
import { hostsFilePath, readHosts } from './hosts-file.ts';

/** Empty where there is no such file. */
const readText = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

let folder = '';
let hostsFile = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-dns-'));
  hostsFile = join(folder, 'hosts');
  await writeFile(hostsFile, '192.0.2.1 Intranet.example intranet # ours\n2001:db8::1\tintranet\n');
});
afterAll(() => rm(folder, { recursive: true }));

/** A DNS answer to `query` with a response code and no records (RFC 1035 §4.1.1). */
function refusal(query: Buffer, rcode: number): Buffer {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8180 | rcode, 2);
  return answer;
}

async function against(answer: (query: Buffer) => readonly Uint8Array[]) {
  await using peer = await udpPeer(answer);
  const servers = [`127.0.0.1:${peer.port}`];
  const resolver = createResolver({ servers, hostsFile, timeoutMs: 50, tries: 2 });
  const { addresses, failure } = await resolver.resolve('host.example');
  return { addresses, kind: failure?.kind, detail: failure?.detail, queries: peer.received.length };
}

describe('createResolver', () => {
  test('the hosts file comes first and no server is asked', async () => {
    await using peer = await udpPeer(() => []);
    const resolver = createResolver({ servers: [`127.0.0.1:${peer.port}`], hostsFile });
    expect(await resolver.resolve('intranet')).toEqual({ addresses: ['192.0.2.1', '2001:db8::1'] });
    expect(await resolver.resolve('localhost')).toEqual({ addresses: ['127.0.0.1', '::1'] });
    expect(await resolver.resolve('a.localhost')).toEqual({ addresses: ['127.0.0.1', '::1'] });
    expect(peer.received).toHaveLength(0);
  });

  test("this machine's localhost needs no network", async () => {
    expect((await createResolver().resolve('localhost')).addresses).toContain('127.0.0.1');
  });

  // A name the C library finds in its own hosts file, so that nothing leaves this machine.
  const known = [...readHosts(readText(hostsFilePath()))].find(
    ([name, [address]]) =>
      /^[a-z0-9-]+$/.test(name) && name !== 'localhost' && address === '127.0.0.1',
  );
  const [alias = ''] = known ?? [];
  if (known === undefined)
    process.stderr.write('skipped: needs another name of 127.0.0.1 in the hosts file\n');

  test.skipIf(known === undefined)('a name without a dot goes to the system', async () => {
    const resolver = createResolver({ hostsFile: join(folder, 'absent') });
    expect(await resolver.resolve(alias)).toEqual({ addresses: ['127.0.0.1'] });
  });

  test('a silent server is a timeout, after as many tries as asked for', async () => {
    const { addresses, kind, queries } = await against(() => []);
    expect({ addresses, kind, queries }).toEqual({ addresses: [], kind: 'timeout', queries: 4 });
  });

  test.each([
    [2, 'server', /SERVFAIL/],
    [3, 'not-found', /ENOTFOUND/],
    [4, 'server', /NOTIMP/],
    [5, 'server', /REFUSED/],
    [0, 'no-address', /ENODATA/],
  ])('response code %i is %s', async (rcode, kind, detail) => {
    const result = await against((query) => [refusal(query, rcode)]);
    expect(result).toMatchObject({ addresses: [], kind, detail: expect.stringMatching(detail) });
  });

  test('bytes that are no DNS are no answer', async () => {
    const { addresses, kind } = await against(() => [Buffer.from('HTTP/1.1 400 Bad Request\r\n')]);
    expect(addresses).toEqual([]);
    expect(['timeout', 'server']).toContain(kind);
  });

  test('no server at the address is said', async () => {
    const peer = await udpPeer(() => []);
    await peer.close();
    const resolver = createResolver({
      servers: [`127.0.0.1:${peer.port}`],
      hostsFile,
      timeoutMs: 50,
    });
    const { failure } = await resolver.resolve('host.example');
    expect(['server', 'timeout']).toContain(failure?.kind);
  });

  test('asks at most so many at once, and the signal ends all', async () => {
    const stop = new AbortController();
    await using peer = await udpPeer((_, index) => {
      if (index === 3) setImmediate(() => stop.abort());
      return [];
    });
    const servers = [`127.0.0.1:${peer.port}`];
    const resolver = createResolver({
      servers,
      hostsFile,
      concurrency: 2,
      timeoutMs: 60_000,
      signal: stop.signal,
    });
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => resolver.resolve(`host${index}.example`)),
    );
    expect(peer.received).toHaveLength(4);
    expect(all.map(({ addresses }) => addresses.length)).toEqual(Array(20).fill(0));
    expect(all.map(({ failure }) => failure?.kind)).toEqual(Array(20).fill('server'));
  });
});

describe('readHosts', () => {
  test('reads addresses, aliases and comments, and leaves out what is no address', () => {
    const text =
      '127.0.0.1 localhost LocalHost\r\n# 10.0.0.1 x\n010.0.0.1 bad\nfe80::1%lo0 localhost\n';
    expect([...readHosts(text)]).toEqual([['localhost', ['127.0.0.1', 'fe80::1%lo0']]]);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [name, addresses] of readHosts(text)) {
          expect(name).toBe(name.toLowerCase());
          expect(addresses.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('createTextResolver', () => {
  async function told(said: Said, timeoutMs = 5000) {
    await using peer = await dnsPeer(() => said);
    const resolver = createTextResolver({ servers: [peer.server], timeoutMs, tries: 1 });
    return await resolver.texts('_x.host.example');
  }

  test('joins the strings of one record, and keeps records apart', async () => {
    expect(await told([['a', 'b'], ['c d']])).toEqual({ kind: 'found', texts: ['ab', 'c d'] });
  });

  test('tells no record from no answer', async () => {
    expect(await told('no-name')).toEqual({ kind: 'none' });
    expect(await told([])).toEqual({ kind: 'none' });
    expect(await told('fails')).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('SERVFAIL'),
    });
    expect(await told('silent', 50)).toMatchObject({ kind: 'unknown' });
  });
});
