import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { pop3, readPop3Capabilities, readPop3Greeting } from './pop3.ts';

const seeds = readFixtures('pop3').flatMap(repliesOf);

itIdentifiesItsFixtures(pop3);

itNeverThrows('readPop3Capabilities', readPop3Capabilities, seeds);
itNeverThrows('readPop3Greeting', readPop3Greeting, seeds);

describe('products by greeting', () => {
  it.each([
    [
      '+OK mx.example.org Cyrus POP3 3.6.1-Debian-3.6.1-4 server ready <1.2@mx.example.org>',
      'Cyrus IMAP',
      '3.6.1',
    ],
    ['+OK Hello there.', 'Courier', undefined],
    ['+OK The Microsoft Exchange POP3 service is ready.', 'Microsoft Exchange', undefined],
  ])('%s', async (greeting, product, version) => {
    const replies = [`${greeting}\r\n`, '+OK\r\nUSER\r\n.\r\n'].map(bytesOf);
    const identity = await pop3.identify(memoryTalk(replies));
    expect(identity?.product).toBe(product);
    expect(identity?.version).toBe(version);
  });
});

it('sees no password in the clear where only STLS is offered', async () => {
  const replies = ['+OK ready\r\n', '+OK\r\nSTLS\r\nSASL CRAM-MD5\r\n.\r\n'].map(bytesOf);
  const identity = await pop3.identify(memoryTalk(replies, { tlsAgreed: false }));
  expect(identity?.details).toMatchObject({ startTls: true, clearTextLogin: false });
});

it('is not sure of "+OK" alone', async () => {
  expect(await pop3.identify(memoryTalk([bytesOf('+OK\r\n'), bytesOf('-ERR\r\n')]))).toBeNull();
});
