import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf, concatBytes } from '../bytes.ts';
import { u32be } from '../encode.ts';
import { postgresql, readErrorFields, readParameter, readPostgresqlMessage } from './postgresql.ts';

const seeds = readFixtures('postgresql').flatMap(repliesOf);

function message(type: string, body: Uint8Array): Uint8Array {
  return concatBytes(bytesOf(type), u32be(body.length + 4), body);
}

itIdentifiesItsFixtures(postgresql);

/** The answers of a server that lets anybody in. */
function trusting(parameters: readonly string[]): Uint8Array[] {
  return [
    bytesOf('N'),
    message('R', u32be(0)),
    ...parameters.map((text) => message('S', bytesOf(`${text}\0`))),
    message('Z', bytesOf('I')),
  ];
}

describe('what a trusting server says it is', () => {
  it.each([
    [['server_version\x0016beta1'], 'PostgreSQL', '16beta1'],
    [['server_version\x001.21.0/bouncer'], 'PgBouncer', '1.21.0'],
    [
      ['server_version\x0013.0.0', 'crdb_version\0CockroachDB CCL v23.1.11 (x86_64)'],
      'CockroachDB',
      '23.1.11',
    ],
  ])('%j', async (parameters, product, version) => {
    const identity = await postgresql.identify(memoryTalk(trusting(parameters)));
    expect(identity).toMatchObject({ product, version, details: { authRequired: false } });
  });
});

itNeverThrows('readPostgresqlMessage', readPostgresqlMessage, seeds);
itNeverThrows(
  'readErrorFields',
  readErrorFields,
  seeds.map((bytes) => bytes.subarray(5)),
);
itNeverThrows(
  'readParameter',
  readParameter,
  seeds.map((bytes) => bytes.subarray(5)),
);
