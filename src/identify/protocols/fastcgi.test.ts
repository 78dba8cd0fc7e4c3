import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { fastcgi, readFastcgiValues } from './fastcgi.ts';

const seeds = readFixtures('fastcgi').flatMap(repliesOf);

itIdentifiesItsFixtures(fastcgi);

itNeverThrows('readFastcgiValues', readFastcgiValues, seeds);

it('takes no other names than it asked for', async () => {
  const reply = Uint8Array.of(1, 10, 0, 0, 0, 5, 0, 0, 2, 1, ...bytesOf('hi1'));
  expect(await fastcgi.identify(memoryTalk([reply]))).toBeNull();
});
