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
import { imap, readImapCapabilities, readImapGreeting, readImapId } from './imap.ts';

const seeds = readFixtures('imap').flatMap(repliesOf);

itIdentifiesItsFixtures(imap, strangersBut('* OK'));

itNeverThrows('readImapGreeting', readImapGreeting, seeds);
itNeverThrows('readImapCapabilities', readImapCapabilities, seeds);
itNeverThrows('readImapId', readImapId, seeds);

describe('products', () => {
  it.each([
    [
      '* OK [CAPABILITY IMAP4rev1] mx.example.org Cyrus IMAP 3.6.1-Debian-3.6.1-4 server ready',
      'Cyrus IMAP',
      '3.6.1',
    ],
    [
      '* OK [CAPABILITY IMAP4rev1] Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.',
      'Courier',
      undefined,
    ],
    ['* OK The Microsoft Exchange IMAP4 service is ready.', 'Microsoft Exchange', undefined],
  ])('%s', async (greeting, product, version) => {
    const replies = [`${greeting}\r\n`, '* CAPABILITY IMAP4rev1\r\np1 OK done\r\n'].map(bytesOf);
    const identity = await imap.identify(memoryTalk(replies));
    expect(identity?.product).toBe(product);
    expect(identity?.version).toBe(version);
  });
});

it('takes name and version from ID (RFC 2971)', async () => {
  const replies = [
    '* OK ready\r\n',
    '* CAPABILITY IMAP4rev1 ID LOGINDISABLED\r\np1 OK done\r\n',
    '* ID ("name" "Cyrus IMAP" "version" "3.8.1" "support-url" NIL)\r\np4 OK done\r\n',
  ].map(bytesOf);
  expect(await imap.identify(memoryTalk(replies))).toMatchObject({
    product: 'Cyrus IMAP',
    version: '3.8.1',
    cpe: 'cpe:2.3:a:cyrus:imap:3.8.1:*:*:*:*:*:*:*',
    details: {
      clearTextLogin: false,
      startTls: false,
      id: { name: 'Cyrus IMAP', version: '3.8.1' },
    },
  });
});

it('says that PREAUTH asks nobody for a password', async () => {
  const replies = ['* PREAUTH ready\r\n', '* CAPABILITY IMAP4rev1\r\np1 OK done\r\n'].map(bytesOf);
  expect((await imap.identify(memoryTalk(replies)))?.details.authRequired).toBe(false);
});
