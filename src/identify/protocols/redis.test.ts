import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
  strangersBut,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { readInfo, readRespReply, redis } from './redis.ts';

const seeds = readFixtures('redis').flatMap(repliesOf);

itIdentifiesItsFixtures(redis, strangersBut('-ERR'));

itNeverThrows('readRespReply', readRespReply, seeds);
itNeverThrows('readInfo', readInfo, seeds);

function bulk(text: string): Uint8Array {
  return bytesOf(`$${text.length}\r\n${text}\r\n`);
}

// Fields as the products' own INFO documentation gives them; none of them is packaged by Debian 12.
describe('relatives by INFO', () => {
  it.each([
    [
      'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:standalone\r\n',
      'Valkey',
      '8.0.1',
    ],
    [
      'redis_version:7.4.0\r\ndragonfly_version:df-v1.25.1\r\nredis_mode:standalone\r\n',
      'Dragonfly',
      '1.25.1',
    ],
    [
      'redis_version:6.3.4\r\nserver_threads:2\r\nexecutable:/usr/bin/keydb-server\r\n',
      'KeyDB',
      '6.3.4',
    ],
    ['redis_version:4.0.0\r\nkvrocks_version:2.8.0\r\n', 'Apache Kvrocks', '2.8.0'],
    ['redis_version:7.0.15\r\n', 'Redis', '7.0.15'],
  ])('%j', async (info, product, version) => {
    const identity = await redis.identify(memoryTalk([bytesOf('+PONG\r\n'), bulk(info)]));
    expect(identity).toMatchObject({ product, version, details: { authRequired: false } });
  });
});

it('says protected mode where the server refuses strangers', async () => {
  const refusal =
    '-DENIED Redis is running in protected mode because protected mode is enabled\r\n';
  expect(await redis.identify(memoryTalk([bytesOf(refusal)]))).toEqual({
    details: { protectedMode: true, error: refusal.slice(1).trim() },
  });
});

it('keeps the identification when INFO is forbidden', async () => {
  const replies = [
    '+PONG\r\n',
    "-NOPERM this user has no permissions to run the 'info' command\r\n",
  ];
  expect(await redis.identify(memoryTalk(replies.map(bytesOf)))).toMatchObject({
    details: { authRequired: true, clearTextLogin: true },
  });
});
