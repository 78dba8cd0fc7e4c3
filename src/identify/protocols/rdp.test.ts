import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { hexBytes } from '../encode.ts';
import { rdp, readConnectionConfirm } from './rdp.ts';

const seeds = readFixtures('rdp').flatMap(repliesOf);

itIdentifiesItsFixtures(rdp);

it('takes a bare confirm for RDP only where RDP is expected', async () => {
  const confirm = hexBytes('0300000b06d00000123400');
  expect(readConnectionConfirm(confirm)).toEqual({});
  expect(await rdp.identify(memoryTalk([confirm], { port: 102 }))).toBeNull();
  expect(await rdp.identify(memoryTalk([confirm], { port: 3389 }))).toEqual({
    details: { nla: false, startTls: false, securityProtocol: 'standard' },
  });
});

itNeverThrows('readConnectionConfirm', readConnectionConfirm, seeds);
