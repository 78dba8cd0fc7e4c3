import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver } from '../../src/notify/deliver.ts';
import type { Alert } from '../../src/notify/message.ts';
import { ALERT, hostileAlert, loopbackWorld } from '../helpers/notify-peers.ts';
import { type Certificates, makeCertificates } from '../lab/certificates.ts';

let folder: string;
let certificates: Certificates;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
  certificates = await makeCertificates(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** RFC 5424 §6: priority, version, time, host, program, process, message id, no data, text. */
const LINE =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) postern - ([!-~]{1,32}) - (.*)$/s;

function send(settings: Readonly<Record<string, unknown>>, message: Alert = ALERT) {
  const all = { host: '127.0.0.1', ...settings };
  return deliver({ name: 'siem', type: 'syslog', settings: all }, message, loopbackWorld(), {});
}

/** Sends to a collector on TCP or TLS and answers what it got, whole. */
async function collected(
  server: Server,
  settings: Readonly<Record<string, unknown>>,
  message: Alert = ALERT,
): Promise<string> {
  const got = new Promise<string>((resolve, reject) => {
    server.once('tlsClientError', reject);
    server.once(
      server instanceof TlsServer ? 'secureConnection' : 'connection',
      (socket: Socket) => {
        const chunks: Buffer[] = [];
        socket.on('error', reject);
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        socket.on('end', () => {
          socket.end();
          resolve(Buffer.concat(chunks).toString('utf8'));
        });
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await send({ port, ...settings }, message);
    return await got;
  } finally {
    server.close();
  }
}

/** The one message of a stream with octet counts. */
function framed(stream: string): string {
  const space = stream.indexOf(' ');
  const message = stream.slice(space + 1);
  expect(Number(stream.slice(0, space))).toBe(Buffer.byteLength(message));
  return message;
}

describe('syslog', () => {
  it('over TCP is one counted message of RFC 5424', async () => {
    const line = framed(await collected(createServer(), { transport: 'tcp' }));
    const [, priority, time, , , text] = LINE.exec(line) ?? [];
    expect([priority, time]).toEqual([String(16 * 8 + 2), '2026-03-01T09:00:00.000Z']);
    expect(text).toMatch(/^\[critical\] Redis is open without a password; Where: db1/);
  });

  it('over TLS is as CEF for a SIEM', async () => {
    const { key, cert } = certificates.valid;
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) });
    const settings = { ca: certificates.ca, format: 'cef', facility: 4 };
    const line = framed(await collected(server, settings));
    expect(LINE.exec(line)?.[1]).toBe(String(4 * 8 + 2));
    expect(LINE.exec(line)?.[5]).toBe(
      'CEF:0|Postern|Postern|1|incident|[critical] Redis is open without a password|10|' +
        `start=${Date.parse(ALERT.since)} externalId=incident:17 dhost=db1.example.org dpt=6379 proto=TCP ` +
        'msg=Anybody can read and change what is in it. reason=Close the port, or bind Redis to 127.0.0.1. ' +
        'request=https://postern.example.org/incidents/17?a\\=1&b\\=2',
    );
  });

  it('does not speak to a collector whose certificate nobody vouches for', async () => {
    const { key, cert } = certificates.selfSigned;
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sending = send({ port, ca: certificates.ca });
    await expect(sending).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
    server.close();
  });

  it('over UDP is one datagram, however long the text', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    for (const what of ['short', '\u{1f525}'.repeat(3000)]) {
      const got = once(socket, 'message') as Promise<[Buffer]>;
      await send({ transport: 'udp', port }, { ...ALERT, what });
      const [datagram] = await got;
      expect(datagram.toString('utf8')).toMatch(LINE);
      expect(datagram.length).toBeLessThanOrEqual(2048);
    }
    socket.close();
  });

  it('is one message whatever a banner says', async () => {
    await fc.assert(
      fc.asyncProperty(hostileAlert, fc.constantFrom('text', 'cef'), async (alert, format) => {
        const line = framed(await collected(createServer(), { transport: 'tcp', format }, alert));
        expect(line).toMatch(LINE);
        expect(line).not.toMatch(/[\0-\x1f\x7f]/);
      }),
      { numRuns: 25 },
    );
  });

  it('says when nobody listens, and when the collector resets', async () => {
    const server = createServer((socket) => socket.resetAndDestroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const settings = { transport: 'tcp', port };
    await expect(send(settings)).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
    server.close();
    await once(server, 'close');
    await expect(send(settings)).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
  });

  it('does not wait for a collector that keeps the connection', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      socket.on('error', () => undefined).resume(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(send({ transport: 'tcp', port })).resolves.toBeUndefined();
    server.close();
  });
});
