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
import { readEhlo, smtp } from './smtp.ts';

const seeds = readFixtures('smtp').flatMap(repliesOf);

itIdentifiesItsFixtures(smtp, strangersBut('220 '));

itNeverThrows('readEhlo', readEhlo, seeds);

const EHLO = '250-mx.example.org\r\n250-AUTH PLAIN LOGIN CRAM-MD5\r\n250 SIZE 1000\r\n';

// Greetings as each product's documentation and default configuration give them.
describe('products by greeting', () => {
  it.each([
    ['mx.example.org ESMTP Exim 4.96 Mon, 01 Jan 2024 00:00:00 +0000', 'Exim', '4.96'],
    ['mx.example.org ESMTP Sendmail 8.17.1/8.17.1; Mon, 1 Jan 2024', 'Sendmail', '8.17.1'],
    ['mx.example.org ESMTP OpenSMTPD', 'OpenSMTPD', undefined],
    [
      'mx.example.org Microsoft ESMTP MAIL Service ready at Mon, 1 Jan 2024',
      'Microsoft Exchange',
      undefined,
    ],
    ['mx.example.org ESMTP Haraka/3.0.2 ready', 'Haraka', '3.0.2'],
  ])('%s', async (greeting, product, version) => {
    const replies = [`220 ${greeting}\r\n`, EHLO].map(bytesOf);
    const identity = await smtp.identify(memoryTalk(replies));
    expect(identity?.product).toBe(product);
    expect(identity?.version).toBe(version);
  });
});

it('finds passwords in the clear where PLAIN is offered without TLS', async () => {
  const identity = await smtp.identify(
    memoryTalk(['220 mx.example.org ESMTP\r\n', EHLO].map(bytesOf)),
  );
  expect(identity?.details).toMatchObject({
    startTls: false,
    clearTextLogin: true,
    authMechanisms: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    maxSize: 1000,
  });
});

it('identifies a server that refuses us', async () => {
  const identity = await smtp.identify(
    memoryTalk([bytesOf('554 mx.example.org No SMTP service here\r\n')]),
  );
  expect(identity?.details).toMatchObject({ code: 554, hostName: 'mx.example.org' });
});

it('leaves FTP alone', async () => {
  const replies = ['220 Welcome\r\n', '530 Please login with USER and PASS.\r\n'].map(bytesOf);
  expect(await smtp.identify(memoryTalk(replies))).toBeNull();
});

it('speaks LMTP where the greeting says so', async () => {
  const talk = memoryTalk(['220 mx Dovecot ready. LMTP\r\n', '250 mx\r\n'].map(bytesOf));
  expect(await smtp.identify(talk)).toMatchObject({ product: 'Dovecot', details: { lmtp: true } });
  expect(Buffer.concat(talk.sent).toString()).toBe('LHLO postern.invalid\r\nQUIT\r\n');
});
