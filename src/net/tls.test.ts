import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { met } from '../../test/helpers/needs.ts';
import { localhostCredentials } from '../../test/helpers/peer-link.ts';
import { garbageTls, scriptedPeer } from '../../test/helpers/scripted-peer.ts';
import { Peer } from './peer.ts';
import { readAltNames } from './tls.ts';

async function openAt(port: number, serverName?: string) {
  const peer = new Peer({
    address: '127.0.0.1',
    port,
    signal: new AbortController().signal,
    ...(serverName && { serverName }),
  });
  const result = await peer.open({});
  result.talk?.close();
  return result;
}

async function opened(options: TlsOptions, serverName?: string) {
  const server = createServer({
    ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0',
    ...localhostCredentials(),
    ...options,
  });
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const result = await openAt((server.address() as AddressInfo).port, serverName);
  server.close();
  return result;
}

const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

function certificate(name: string, keyArguments: readonly string[]) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const made = ['-nodes', '-keyout', key, '-out', cert, '-days', '30', '-subj', '/CN=a/O=b\\, c'];
  execFileSync('openssl', ['req', '-x509', ...keyArguments, ...made], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

describe('versions and ciphers', () => {
  it.each([
    ['TLSv1', 'TLSv1.0'],
    ['TLSv1.1', 'TLSv1.1'],
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const)('only %s', async (only, version) => {
    const { talk } = await opened({ minVersion: only, maxVersion: only });
    expect(talk?.tls).toMatchObject({ version, startTls: false });
  });

  it('no encryption at all', async () => {
    const ciphers = 'NULL-SHA256:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0';
    const { talk } = await opened({ maxVersion: 'TLSv1.2', ciphers });
    expect(talk?.tls?.cipher).toMatch(/NULL/);
  });
});

describe.skipIf(!met({ commands: ['openssl'] }))('keys', () => {
  it.each([
    ['RSA 1024, SHA-1', ['-newkey', 'rsa:1024', '-sha1'], 'rsa', 1024],
    ['ECDSA P-256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'ec', 256],
    ['ECDSA P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'ec', 384],
    ['Ed25519', ['-newkey', 'ed25519'], 'ed25519', undefined],
    ['RSA-PSS', ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'], 'rsa-pss', 2048],
  ])('%s', async (name, keyArguments, keyType, keyBits) => {
    const { talk } = await opened(certificate(name.replaceAll(/\W/g, ''), keyArguments));
    const leaf = talk?.tls?.chain[0];
    expect(leaf).toMatchObject({ keyType, selfSigned: true, names: [] });
    expect(leaf?.subject).toContain('CN=a');
    expect(leaf?.keyBits).toBe(keyBits);
    expect(leaf?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('names', () => {
  it.each([
    ['localhost', true],
    ['example.test', false],
  ])('%s: covered %s', async (name, nameMatches) => {
    expect((await opened({}, name)).talk?.tls?.nameMatches).toBe(nameMatches);
  });

  it('without a name nothing is said about it', async () => {
    expect((await opened({})).talk?.tls).not.toHaveProperty('nameMatches');
  });

  it.each([
    ['DNS:a.test, IP Address:192.0.2.1, DNS:"b, c"', ['a.test', '192.0.2.1']],
    [undefined, []],
  ])('of %j', (text, names) => expect(readAltNames(text)).toEqual(expect.arrayContaining(names)));

  it('are read from any text', () => {
    fc.assert(fc.property(fc.string(), (text) => readAltNames(text).length <= 256));
  });
});

describe('peers that want a client certificate', () => {
  const wanting = { requestCert: true, rejectUnauthorized: true };
  it('TLS 1.2: the handshake fails, what they showed is kept', async () => {
    const { failure, refused } = await opened({ ...wanting, maxVersion: 'TLSv1.2' });
    expect(failure).toBe('tls');
    expect(refused).toMatchObject({
      version: 'TLSv1.2',
      clientCertificateRequested: true,
      chain: [{ subject: 'CN=localhost' }],
    });
  });

  it('TLS 1.3: the handshake stands', async () => {
    expect((await opened(wanting)).talk?.tls?.version).toBe('TLSv1.3');
  });
});

it.each(['garbage', 'alert', 'truncated-server-hello'] as const)('%s fails', async (answer) => {
  await using peer = await scriptedPeer([garbageTls(answer)]);
  const { failure, refused } = await openAt(peer.port);
  expect(failure).toBe('tls');
  expect(refused).toBeUndefined();
});
