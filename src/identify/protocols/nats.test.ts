import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { nats, readNatsInfo } from './nats.ts';

const seeds = readFixtures('nats').flatMap(repliesOf);

itIdentifiesItsFixtures(nats);

itNeverThrows('readNatsInfo', readNatsInfo, seeds);

describe('readNatsInfo', () => {
  it('takes no other JSON', () => {
    expect(readNatsInfo(bytesOf('INFO {"a":1}\r\n'))).toBeNull();
    expect(readNatsInfo(bytesOf('INFO {"server_id":"x"\r\n'))).toBeNull();
  });
});

it('finds credentials in the clear where TLS is only on offer', async () => {
  const info = '{"server_id":"N","version":"2.10.7","auth_required":true,"tls_available":true}';
  const identity = await nats.identify(memoryTalk([bytesOf(`INFO ${info} \r\n`)]));
  expect(identity).toMatchObject({
    version: '2.10.7',
    details: { authRequired: true, clearTextLogin: true, startTls: true, tlsRequired: false },
  });
});
