import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Resolver } from '../net/dns.ts';
import { parseAddress } from './address.ts';
import { readExclusions } from './exclude.ts';

const resolver: Resolver = {
  resolve: async (name) =>
    name === 'db.example'
      ? { addresses: ['192.0.2.9', '2001:db8::9'] }
      : { addresses: [], failure: { kind: 'not-found', detail: 'ENOTFOUND' } },
};
const signal = new AbortController().signal;
const exclude = (...texts: string[]) => readExclusions(texts, { resolver, signal });

async function excluded(texts: string[], address: string): Promise<boolean> {
  const parsed = parseAddress(address);
  return parsed !== null && (await exclude(...texts)).addresses.has(parsed);
}

describe('readExclusions', () => {
  test.each([
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.0.0.1-5,10.0.0.9'], '10.0.0.9', true],
    [['10.0.0.1-5,10.0.0.9'], '10.0.0.6', false],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['::/0'], '2001:db8::1', true],
    [['::/0'], '10.0.0.1', false],
    [['10.0.0.1'], '::ffff:10.0.0.1', true],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['fe80::1%eth0'], 'fe80::1%eth0', true],
    [['fe80::1%eth0'], 'fe80::1%eth1', false],
    [['db.example'], '192.0.2.9', true],
    [['db.example'], '2001:db8::9', true],
  ])('%j holds %s: %s', async (texts, address, expected) => {
    expect(await excluded(texts, address)).toBe(expected);
  });

  test('keeps the words of the user and the names, also out of files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-exclude-'));
    const path = join(folder, 'never.txt');
    await writeFile(path, '# printers\n10.0.0.0/24\nDB.Example.\n');
    const { texts, names } = await exclude('10.1.0.1', `@${path}`);
    await rm(folder, { recursive: true });
    expect(texts).toEqual(['10.1.0.1', '10.0.0.0/24', 'DB.Example.']);
    expect([...names]).toEqual(['db.example']);
  });

  test.each([
    ['10.0.0.0/8,10.0.0.256', 'EXCLUDE_SYNTAX', /item 2 in the exclusions: "10.0.0.256"/],
    ['@/nonexistent/never.txt', 'EXCLUDE_FILE', /no such file/],
    ['-', 'EXCLUDE_SYNTAX', /standard input cannot be used here/],
    ['', 'EXCLUDE_SYNTAX', /it is empty/],
    ['dv.example', 'EXCLUDE_NAME', /"dv.example" cannot be found \(there is no such name\)/],
  ])('a broken exclusion stops everything: %s', async (text, code, message) => {
    await expect(exclude('10.0.0.1', text)).rejects.toMatchObject({
      code,
      effect: 'usage',
      message: expect.stringMatching(message),
    });
  });
});
