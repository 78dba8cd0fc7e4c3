import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { mpd, readMpdAnswer, readMpdGreeting } from './mpd.ts';

const seeds = readFixtures('mpd').flatMap(repliesOf);

itIdentifiesItsFixtures(mpd);

itNeverThrows('readMpdGreeting', readMpdGreeting, seeds);
itNeverThrows('readMpdAnswer', readMpdAnswer, seeds);

it('says that a password is asked for where status is refused', async () => {
  const replies = [
    'OK MPD 0.23.5\n',
    'ACK [4@0] {status} you don\'t have permission for "status"\n',
  ];
  expect((await mpd.identify(memoryTalk(replies.map(bytesOf))))?.details).toEqual({
    protocolVersion: '0.23.5',
    authRequired: true,
  });
});
