import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { readX11Setup, x11 } from './x11.ts';

const seeds = readFixtures('x11').flatMap(repliesOf);

itIdentifiesItsFixtures(x11);

itNeverThrows('readX11Setup', readX11Setup, seeds);

it('reads the release numbers of old servers', async () => {
  const vendor = bytesOf('The X.Org Foundation');
  const body = new Uint8Array(32 + vendor.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, 11906000, true);
  view.setUint16(16, vendor.length, true);
  body.set(vendor, 32);
  const head = Uint8Array.of(1, 0, 11, 0, 0, 0, body.length / 4, 0);
  const identity = await x11.identify(memoryTalk([Uint8Array.from([...head, ...body])]));
  expect(identity).toMatchObject({ product: 'X.Org Server', version: '1.19.6' });
});
