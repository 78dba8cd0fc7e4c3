import { describe, expect, it } from 'vitest';
import { itIdentifiesItsFixtures, STRANGERS } from '../../../test/helpers/fixture.ts';
import {
  close,
  drip,
  endless,
  expectBytes,
  hugeHttpHeader,
  type Script,
  say,
  scriptedPeer,
  silent,
} from '../../../test/helpers/scripted-peer.ts';
import { identifyAt } from '../../../test/helpers/talk.ts';
import { latin1Text } from '../bytes.ts';
import { http } from './http.ts';

const NOT_HTTP = STRANGERS.filter((bytes) => !latin1Text(bytes).startsWith('HTTP/'));

describe('http', () => {
  itIdentifiesItsFixtures(http, NOT_HTTP);
});

const request = expectBytes((unread) => unread.includes('\r\n\r\n'));
const answer = (text: string): Script => [request, say(text), close()];

async function identity(scripts: readonly Script[], budget = {}) {
  await using peer = await scriptedPeer((index) => scripts[index] ?? [close()]);
  const found = await identifyAt(http, { port: peer.port, serverName: 'example.test', budget });
  const asked = peer.connections.map(({ received }) => latin1Text(received).split('\r\n'));
  return { found, asked, port: peer.port, taken: peer.connections[0]?.taken ?? 0 };
}

const redirect = (location: string) =>
  answer(`HTTP/1.1 302 Found\r\nServer: t/1\r\nLocation: ${location}\r\n\r\n`);
const page = answer('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<title>here</title>\n');

describe('the request', () => {
  it('says who asks, whom, and closes', async () => {
    const { asked, port } = await identity([page]);
    expect(asked[0]).toEqual([
      'GET / HTTP/1.1',
      `Host: example.test:${port}`,
      expect.stringMatching(/^User-Agent: .*Postern/),
      'Accept: */*',
      'Accept-Encoding: identity',
      'Connection: close',
      '',
      '',
    ]);
  });
});

describe('redirects', () => {
  it('within the host are followed, and the title is that of the page behind them', async () => {
    const { found, asked } = await identity([redirect('/a'), redirect('b?c=d'), page]);
    expect(asked.map(([line]) => line)).toEqual([
      'GET / HTTP/1.1',
      'GET /a HTTP/1.1',
      'GET /b?c=d HTTP/1.1',
    ]);
    expect(found?.details).toMatchObject({
      status: 302,
      finalStatus: 200,
      title: 'here',
      redirects: [
        { status: 302, location: '/a' },
        { status: 302, location: 'b?c=d' },
      ],
    });
  });

  it('are followed three times at most', async () => {
    const { asked } = await identity(Array.from({ length: 9 }, (_, at) => redirect(`/${at}`)));
    expect(asked.length).toBe(4);
  });

  it.each(['https://example.test/', 'http://elsewhere.test/', '//elsewhere.test/', 'http://['])(
    'to %s are noted, not followed',
    async (location) => {
      const { found, asked } = await identity([redirect(location)]);
      expect(asked.length).toBe(1);
      expect(found?.details.location).toBe(location);
    },
  );

  it('a location cannot smuggle a second request in', async () => {
    const { asked } = await identity([redirect('/a b\tGET'), page]);
    expect(asked[1]?.[0]).toMatch(/^GET \/\S+ HTTP\/1\.1$/);
  });
});

describe('a server that its header does not name', () => {
  it('is asked for a page that is not there', async () => {
    const tomcat = '<h3>Apache Tomcat/10.1.60 (Debian)</h3>';
    const { found, asked } = await identity([
      page,
      answer(`HTTP/1.1 404 \r\nContent-Length: ${tomcat.length}\r\n\r\n${tomcat}`),
    ]);
    expect(asked[1]?.[0]).toBe('GET /postern-asks-for-a-page-that-is-not-there HTTP/1.1');
    expect(found).toMatchObject({ product: 'Apache Tomcat', version: '10.1.60' });
  });
});

describe('passwords in the clear', () => {
  it('by Basic authentication', async () => {
    const { found } = await identity([
      answer(
        'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest x\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n',
      ),
    ]);
    expect(found?.details).toMatchObject({
      authRequired: true,
      authSchemes: ['digest', 'basic'],
      clearTextLogin: true,
    });
  });

  it('not by Negotiate', async () => {
    const { found } = await identity([
      answer('HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\n\r\n'),
    ]);
    expect(found?.details.authRequired).toBe(true);
    expect(found?.details.clearTextLogin).toBeUndefined();
  });
});

describe('a port that wants TLS', () => {
  it('redirects to itself', async () => {
    await using peer = await scriptedPeer(() => [
      request,
      say(`HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:${peer.port}/\r\n\r\n`),
      close(),
    ]);
    expect(await identifyAt(http, { port: peer.port })).toBeNull();
  });

  it.each([
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    'This combination of host and port requires TLS.',
    'The plain HTTP request was sent to HTTPS port',
  ])('says %j', async (text) => {
    const { found } = await identity([answer(`HTTP/1.1 400 Bad Request\r\n\r\n${text}`)]);
    expect(found).toBeNull();
  });
});

describe('hostile peers', () => {
  const budget = { timeMs: 1_500 };
  it('a header of 1 GB is left after the first part', async () => {
    const { found, taken } = await identity([[request, hugeHttpHeader()]], budget);
    expect(found?.details.status).toBe(200);
    expect(taken).toBeLessThan(64 * 1024 * 1024);
  });

  it.each<[string, Script, number]>([
    ['an endless body', [request, say('HTTP/1.1 200 OK\r\n\r\n'), endless()], 200],
    [
      'endless chunks',
      [
        request,
        say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        endless('1\r\na\r\n'),
      ],
      200,
    ],
    ['a slow drip', [request, drip('HTTP/1.1 503 x\r\nServer: y\r\n'), silent()], 503],
    ['a header without end', [request, say('HTTP/1.1 500 x\r\nA: b\r\n'), silent()], 500],
    [
      'a body that never comes',
      [request, say('HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\n'), silent()],
      404,
    ],
  ])('%s still is http', async (_, script, status) => {
    const { found } = await identity([script], budget);
    expect(found?.details.status).toBe(status);
  });

  it('nothing but interim responses is not http', async () => {
    const { found } = await identity(
      [[request, endless('HTTP/1.1 102 Processing\r\n\r\n')]],
      budget,
    );
    expect(found).toBeNull();
  });
});
