import { describe, expect, it } from 'vitest';
import { itIdentifiesItsFixtures, STRANGERS } from '../../../test/helpers/fixture.ts';
import { localhostCredentials } from '../../../test/helpers/peer-link.ts';
import { close, expectBytes, say, scriptedPeer } from '../../../test/helpers/scripted-peer.ts';
import { identifyAt } from '../../../test/helpers/talk.ts';
import { latin1Text } from '../bytes.ts';
import { https } from './https.ts';

const NOT_HTTP = STRANGERS.filter((bytes) => !latin1Text(bytes).startsWith('HTTP/'));

describe('https', () => {
  itIdentifiesItsFixtures(https, NOT_HTTP);
});

const script = [
  expectBytes((unread: Buffer) => unread.includes('\r\n\r\n')),
  say(
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Secure\r\nSet-Cookie: b=2\r\nStrict-Transport-Security: max-age=1\r\nWWW-Authenticate: Basic\r\n\r\n',
  ),
  close(),
];

describe('details', () => {
  it('tell HTTP/2, HSTS and cookies without Secure, and no password in the clear', async () => {
    const tls = { ...localhostCredentials(), alpn: ['h2', 'http/1.1'] };
    await using peer = await scriptedPeer(script, { tls });
    const found = await identifyAt(https, { port: peer.port, tls: true });
    expect(found?.details).toMatchObject({
      http2: true,
      hsts: 'max-age=1',
      cookies: ['a', 'b'],
      insecureCookies: ['b'],
      authSchemes: ['basic'],
    });
    expect(found?.details.clearTextLogin).toBeUndefined();
  });

  it('say so when h2 is not taken', async () => {
    await using peer = await scriptedPeer(script, { tls: true });
    const found = await identifyAt(https, { port: peer.port, tls: true });
    expect(found?.details.http2).toBe(false);
  });
});

it('is nothing outside TLS', async () => {
  await using peer = await scriptedPeer(script);
  expect(await identifyAt(https, { port: peer.port })).toBeNull();
});
