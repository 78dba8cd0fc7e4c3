import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bytesOf } from '../bytes.ts';
import { readMemcachedVersion, readStats } from '../memcached-text.ts';
import { memcached, readBinaryReply } from './memcached.ts';

const seeds = readFixtures('memcached').flatMap(repliesOf);

itIdentifiesItsFixtures(memcached);

itNeverThrows('readMemcachedVersion', readMemcachedVersion, seeds);
itNeverThrows('readStats', readStats, seeds);
itNeverThrows('readBinaryReply', readBinaryReply, seeds);

it('reads the stats it keeps', () => {
  expect([...readStats(bytesOf('STAT pid 1\r\nSTAT version 1.6.18 beta\r\nEND\r\n'))]).toEqual([
    ['pid', '1'],
    ['version', '1.6.18 beta'],
  ]);
});

describe('readMemcachedVersion', () => {
  it.each([
    ['VERSION 1.6.18\r\n', '1.6.18'],
    ['VERSION 1.5.6 Ubuntu\r\n', '1.5.6'],
    ['ERROR\r\n', null],
  ])('%j', (line, version) => {
    expect(readMemcachedVersion(bytesOf(line))).toBe(version);
  });
});
