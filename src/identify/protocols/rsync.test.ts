import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { readRsyncGreeting, readRsyncListing, rsync } from './rsync.ts';

const seeds = readFixtures('rsync').flatMap(repliesOf);

itIdentifiesItsFixtures(rsync);

itNeverThrows('readRsyncGreeting', readRsyncGreeting, seeds);
itNeverThrows('readRsyncListing', readRsyncListing, seeds);

describe('readRsyncListing', () => {
  it('tells the message of the day from modules', () => {
    const text =
      'Hello\tthere\n\npub            \tfree for all\na-very-long-module-name\t\n@RSYNCD: EXIT\n';
    expect(readRsyncListing(bytesOf(text))).toEqual({
      motd: ['Hello\tthere', ''],
      modules: [
        { name: 'pub', comment: 'free for all' },
        { name: 'a-very-long-module-name', comment: '' },
      ],
    });
  });
  it('keeps the error of a daemon that refuses us', async () => {
    const replies = ['@RSYNCD: 30.0\n', '@ERROR: access denied to  from unknown (192.0.2.1)\n'];
    expect((await rsync.identify(memoryTalk(replies.map(bytesOf))))?.details).toEqual({
      protocolVersion: '30.0',
      error: '@ERROR: access denied to  from unknown (192.0.2.1)',
    });
  });
});
