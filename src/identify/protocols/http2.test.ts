import http2Server from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { localhostCredentials } from '../../../test/helpers/peer-link.ts';
import { identifyAt } from '../../../test/helpers/talk.ts';
import { http2 } from './http2.ts';

describe('http2', () => {
  itIdentifiesItsFixtures(http2);
});

it('is found inside TLS where ALPN takes h2', async () => {
  const { key, cert } = localhostCredentials();
  const server = http2Server.createSecureServer({ key, cert, allowHTTP1: false });
  server.on('stream', (stream) => {
    stream.respond({ ':status': 418, server: 'Caddy' });
    stream.end('<title>short and stout</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const found = await identifyAt(http2, { port, tls: true });
  server.close();
  expect(found).toMatchObject({
    product: 'Caddy',
    details: { status: 418, httpVersion: '2', title: 'short and stout', settings: {} },
  });
});
