import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { jdwp, readJdwpVersion } from './jdwp.ts';

const seeds = readFixtures('jdwp').flatMap(repliesOf);

itIdentifiesItsFixtures(jdwp);

itNeverThrows('readJdwpVersion', readJdwpVersion, seeds);

it('takes no echo server for a debugger', async () => {
  const version = Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 1, 0, 1, 1);
  expect(await jdwp.identify(memoryTalk([bytesOf('JDWP-Handshake'), version]))).toBeNull();
});
