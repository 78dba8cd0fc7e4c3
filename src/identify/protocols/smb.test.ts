import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { hexText } from '../encode.ts';
import {
  readSmb1Accepted,
  readSmb1Natives,
  readSmb2Negotiation,
  smb,
  smb1Negotiate,
  smb2Negotiate,
} from './smb.ts';

const seeds = readFixtures('smb').flatMap(repliesOf);

itIdentifiesItsFixtures(smb);

describe('requests', () => {
  it('announces its length in the session header', () => {
    for (const request of [smb2Negotiate(), smb1Negotiate()]) {
      expect(request[0]).toBe(0);
      expect(((request[2] ?? 0) << 8) | (request[3] ?? 0)).toBe(request.length - 4);
    }
  });
  it('offers NT LM 0.12 alone to SMB 1', () => {
    expect(hexText(smb1Negotiate())).toContain(hexText(Buffer.from('\x02NT LM 0.12\0')));
  });
});

itNeverThrows('readSmb2Negotiation', readSmb2Negotiation, seeds);
itNeverThrows('readSmb1Accepted', readSmb1Accepted, seeds);
itNeverThrows('readSmb1Natives', readSmb1Natives, seeds);
