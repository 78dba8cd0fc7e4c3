import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { localhostCredentials } from '../../test/helpers/peer-link.ts';
import {
  expectBytes,
  garbageTls,
  reset,
  say,
  scriptedPeer,
  silent,
} from '../../test/helpers/scripted-peer.ts';
import { TLS_VERSIONS } from '../model/service.ts';
import { Peer } from './peer.ts';
import { acceptedTlsVersions } from './tls-probe.ts';

async function versionsAt(port: number, serverName?: string) {
  const peer = new Peer({
    address: '127.0.0.1',
    port,
    signal: new AbortController().signal,
    ...(serverName && { serverName }),
  });
  const found = await acceptedTlsVersions(async () => (await peer.open()).talk ?? null);
  return { ...found, connections: peer.connections };
}

async function versionsOf(options: TlsOptions, serverName?: string) {
  const { key, cert } = localhostCredentials();
  const server = createServer({ key, cert, ciphers: 'ALL:@SECLEVEL=0', ...options });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const found = await versionsAt((server.address() as AddressInfo).port, serverName);
  server.close();
  return found;
}

describe('real servers (OpenSSL in Node.js)', () => {
  it.each([
    ['TLSv1', 'TLSv1', ['TLSv1.0']],
    ['TLSv1', 'TLSv1.3', ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']],
    ['TLSv1.1', 'TLSv1.2', ['TLSv1.1', 'TLSv1.2']],
    ['TLSv1.3', 'TLSv1.3', ['TLSv1.3']],
  ] as const)('%s to %s', async (minVersion, maxVersion, accepted) => {
    const found = await versionsOf({ minVersion, maxVersion });
    expect(found).toMatchObject({ accepted, unanswered: [] });
  });

  it('one that asks for a client certificate is told by', async () => {
    const found = await versionsOf({ maxVersion: 'TLSv1.2', requestCert: true });
    expect(found.clientCertificateRequested).toBe(true);
    expect((await versionsOf({ maxVersion: 'TLSv1.2' })).clientCertificateRequested).toBe(false);
  });

  it('one that wants a name it knows is given it', async () => {
    const wanted: string[] = [];
    const found = await versionsOf(
      {
        SNICallback: (name, done) => {
          wanted.push(name);
          done(null);
        },
      },
      'example.test',
    );
    expect(found.accepted).toEqual(['TLSv1.2', 'TLSv1.3']);
    expect(new Set(wanted)).toEqual(new Set(['example.test']));
  });
});

describe('bad peers', () => {
  it('an alert to everything: no version, and the alert', async () => {
    await using peer = await scriptedPeer([garbageTls('alert')]);
    const found = await versionsAt(peer.port);
    expect(found).toEqual({ accepted: [], unanswered: [], alert: 40, connections: 5 });
  });

  it.each([
    ['garbage', [garbageTls('garbage')]],
    ['HTTP', [expectBytes(), say('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    ['a reset', [expectBytes(), reset()]],
  ])('%s is not asked on after two answers', async (_, script) => {
    await using peer = await scriptedPeer(script);
    const found = await versionsAt(peer.port);
    expect(found).toMatchObject({ accepted: [], connections: 2 });
    expect(found.unanswered).toEqual(['SSLv3', 'TLSv1.0', 'TLSv1.1']);
  });

  it('silence is not a refusal', async () => {
    await using peer = await scriptedPeer([silent()]);
    expect((await versionsAt(peer.port)).unanswered).toEqual(TLS_VERSIONS);
  });

  it('no connection: nothing was learned', async () => {
    expect(await acceptedTlsVersions(() => Promise.resolve(null))).toEqual({
      accepted: [],
      unanswered: TLS_VERSIONS,
    });
  });
});
