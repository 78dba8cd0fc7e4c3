import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { addressRanges, addressText } from '../../src/firewall/cidrs.ts';
import type { Family } from '../../src/firewall/layer.ts';
import { difference, type Ranges, union } from '../../src/firewall/ranges.ts';
import { countryNetworks } from '../../src/host/country-networks.ts';
import { PosternError } from '../../src/model/errors.ts';
import { readNetwork } from '../../src/model/network.ts';
import { blocksOf } from '../../src/remedy/sources.ts';
import { met } from '../helpers/needs.ts';
import { type CountryDatabase, writeCountryDatabase } from '../lab/country-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-geoip-'));
const path = join(folder, 'test.mmdb');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RUNS = 12;

function write(database: Partial<CountryDatabase> & Pick<CountryDatabase, 'networks'>): void {
  writeCountryDatabase(path, { ipVersion: 6, recordSize: 28, ...database });
}

/** What a database of these entries holds of one country and family, worked out without a tree. */
function expected(networks: CountryDatabase['networks'], country: string, family: Family) {
  let ranges: Ranges<bigint> = [];
  for (const [cidr, code] of networks) {
    const network = readNetwork(cidr);
    if (network?.family !== family) continue;
    const run = addressRanges([network]);
    ranges = code === country ? union(ranges, run) : difference(ranges, run);
  }
  return ranges;
}

const v4 = fc
  .tuple(fc.bigInt(0n, (1n << 32n) - 1n), fc.integer({ min: 1, max: 32 }))
  .map(([value, prefix]) => `${addressText(4, value)}/${prefix}`);
// 2000::/3 without 2001::/32 and 2002::/16, where IPv4 is found again
const v6 = fc
  .tuple(fc.bigInt(0x24n << 120n, (0x3fn << 120n) - 1n), fc.integer({ min: 12, max: 128 }))
  .map(([value, prefix]) => `${addressText(6, value)}/${prefix}`);
const code = fc.constantFrom('DE', 'AT', 'CH');

describe.skipIf(!met({ packages: ['libmaxmind-db-writer-perl'] }))('networks of a country', () => {
  test.each([24, 28, 32] as const)(
    'are all that the database holds (%i-bit records)',
    async (recordSize) => {
      const entries = fc.array(fc.tuple(fc.oneof(v4, v6), code), { minLength: 1, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(entries, async (networks) => {
          write({ recordSize, networks });
          for (const country of ['DE', 'AT', 'CH']) {
            const wanted = ([4, 6] as const).map((family) => expected(networks, country, family));
            if (wanted.every(({ length }) => length === 0)) {
              await expect(countryNetworks(path, [country])).rejects.toMatchObject({
                code: 'GEOIP_COUNTRY',
              });
              continue;
            }
            const found = await countryNetworks(path, [country]);
            for (const [at, family] of ([4, 6] as const).entries()) {
              const own = found.filter((network) => network.family === family);
              expect(addressRanges(own)).toEqual(wanted[at]);
            }
          }
        }),
        { numRuns: RUNS },
      );
    },
  );

  test('are read from an IPv4 database, and from flat records', async () => {
    write({
      ipVersion: 4,
      recordSize: 24,
      flat: true,
      networks: [
        ['192.0.2.0/25', 'DE'],
        ['192.0.2.128/25', 'DE'],
        ['198.51.100.0/24', 'AT'],
      ],
    });
    expect(blocksOf(await countryNetworks(path, ['DE']))).toEqual(['192.0.2.0/24']);
    expect(blocksOf(await countryNetworks(path, ['AT', 'DE']))).toEqual([
      '192.0.2.0/24',
      '198.51.100.0/24',
    ]);
  });

  test('are not told of IPv4 once more as 6to4, Teredo and mapped addresses', async () => {
    write({
      networks: [
        ['192.0.2.0/24', 'DE'],
        ['2a00::/16', 'DE'],
      ],
    });
    expect(blocksOf(await countryNetworks(path, ['DE']))).toEqual(['192.0.2.0/24', '2a00::/16']);
  });

  test('of a damaged file end in GEOIP_FILE or less, never in a crash or a hang', async () => {
    write({
      networks: Array.from({ length: 40 }, (_, at) => [`${at + 1}.0.0.0/${8 + (at % 17)}`, 'DE']),
    });
    const whole = readFileSync(path);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 20,
    });
    const mutated = join(folder, 'mutated.mmdb');
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), fc.boolean(), async (changes, length, cut) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(mutated, cut ? bytes.subarray(0, length) : bytes);
        const result = await countryNetworks(mutated, ['DE']).catch((error: unknown) => error);
        if (!Array.isArray(result)) expect(result).toBeInstanceOf(PosternError);
      }),
      { numRuns: 2000 },
    );
  });

  test('of no file are none', async () => {
    const missing = countryNetworks(join(folder, 'missing'), ['DE']);
    await expect(missing).rejects.toMatchObject({ code: 'GEOIP_FILE' });
  });
});
