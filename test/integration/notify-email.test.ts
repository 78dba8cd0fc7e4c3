import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliver } from '../../src/notify/deliver.ts';
import type { Alert } from '../../src/notify/message.ts';
import { ALERT, hostileAlert, loopbackWorld } from '../helpers/notify-peers.ts';
import { type Certificates, makeCertificates } from '../lab/certificates.ts';

let folder: string;
let certificates: Certificates;
const open: { close(): void }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
  certificates = await makeCertificates(folder);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string;
  readonly raw: string;
}

/** A real mail server that keeps what it takes. */
async function mailServer(options: SMTPServerOptions = {}, kind: 'valid' | 'selfSigned' = 'valid') {
  const mails: Mail[] = [];
  const signIns: string[] = [];
  const { key, cert } = certificates[kind];
  const server = new SMTPServer({
    key: await readFile(key),
    cert: await readFile(cert),
    authOptional: true,
    onAuth({ username = '', password = '' }, _, callback) {
      signIns.push(`${username}:${password}`);
      if (password === 'hunter2') callback(null, { user: username });
      else callback(new Error(`no ${password} here`));
    },
    onData(stream, { envelope, secure, user }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          secure,
          user: String(user ?? ''),
          raw: Buffer.concat(chunks).toString('utf8'),
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, signIns };
}

function send(port: number, settings: Readonly<Record<string, unknown>>, message: Alert = ALERT) {
  const all = {
    host: '127.0.0.1',
    port,
    ca: certificates.ca,
    from: 'postern@example.org',
    to: ['a@example.org', 'b@example.org'],
    ...settings,
  };
  const setup = { name: 'office', type: 'email', settings: all };
  return deliver(setup, message, loopbackWorld(), {});
}

/** Header fields, unfolded. */
function headersOf(raw: string): ReadonlyMap<string, string> {
  const head = raw.split('\r\n\r\n', 1)[0]?.replace(/\r\n[ \t]+/g, ' ') ?? '';
  return new Map(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

describe('mail', () => {
  it('goes over STARTTLS with a sign-in, as text and HTML', async () => {
    const { port, mails } = await mailServer();
    await send(port, { user: 'postern', password: 'hunter2' });
    expect(mails).toMatchObject([
      {
        from: 'postern@example.org',
        to: ['a@example.org', 'b@example.org'],
        secure: true,
        user: 'postern',
      },
    ]);
    const raw = mails[0]?.raw ?? '';
    expect(headersOf(raw).get('subject')).toBe(
      '[critical] Redis is open without a password: db1.example.org, port 6379/tcp',
    );
    expect(headersOf(raw).get('auto-submitted')).toBe('auto-generated');
    expect(raw).toContain('Content-Type: text/plain');
    expect(raw).toContain('Content-Type: text/html');
    expect(raw).toContain('Where: db1.example.org, port 6379/tcp');
  });

  it('goes over TLS from the beginning, and by the name of the server', async () => {
    const { port, mails } = await mailServer({ secure: true });
    await send(port, { tls: 'implicit', host: 'localhost' });
    expect(mails).toMatchObject([{ secure: true }]);
  });

  it('goes without TLS when that was chosen', async () => {
    const { port, mails } = await mailServer({ disabledCommands: ['STARTTLS'] });
    await send(port, { tls: 'none' });
    expect(mails).toMatchObject([{ secure: false }]);
  });

  it('threads by incident, and has one id at every try', async () => {
    const { port, mails } = await mailServer();
    await send(port, {});
    await send(port, {});
    await send(port, {}, { ...ALERT, id: 'incident:17:2', kind: 'resolved' });
    await send(port, {}, { ...ALERT, id: 'incident:18:1', incident: 'incident:18' });
    const [first, again, resolved, other] = mails.map(({ raw }) => headersOf(raw));
    expect(again?.get('message-id')).toBe(first?.get('message-id'));
    expect(resolved?.get('message-id')).not.toBe(first?.get('message-id'));
    for (const field of ['references', 'in-reply-to']) {
      expect(first?.get(field)).toMatch(/^<incident\.[0-9a-f]{32}@example\.org>$/);
      expect(resolved?.get(field)).toBe(first?.get(field));
      expect(other?.get(field)).not.toBe(first?.get(field));
    }
  });

  it('takes no header and no recipient from a banner', async () => {
    const { port, mails } = await mailServer();
    const names = new Set<string>();
    await fc.assert(
      fc.asyncProperty(hostileAlert, async (alert) => {
        await send(port, {}, alert);
        const mail = mails.at(-1);
        expect(mail?.to).toEqual(['a@example.org', 'b@example.org']);
        for (const name of headersOf(mail?.raw ?? '').keys()) names.add(name);
      }),
      { numRuns: 25 },
    );
    expect([...names].sort()).toEqual(
      'auto-submitted content-type date from in-reply-to message-id mime-version references subject to x-auto-response-suppress'.split(
        ' ',
      ),
    );
  });
});

describe('a mail server', () => {
  it('without STARTTLS is told nothing', async () => {
    const { port, mails, signIns } = await mailServer({ disabledCommands: ['STARTTLS'] });
    const sending = send(port, { user: 'postern', password: 'hunter2' });
    await expect(sending).rejects.toMatchObject({ code: expect.stringMatching(/^NOTIFY_/) });
    expect([mails, signIns]).toEqual([[], []]);
  });

  it('whose certificate nobody vouches for is told nothing', async () => {
    const { port, mails, signIns } = await mailServer({}, 'selfSigned');
    const sending = send(port, { user: 'postern', password: 'hunter2' });
    await expect(sending).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
    expect([mails, signIns]).toEqual([[], []]);
  });

  it('that refuses the password is an error without it', async () => {
    const { port } = await mailServer();
    const error: unknown = await send(port, { user: 'postern', password: 'letmein' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'NOTIFY_REFUSED' });
    expect((error as Error).message).not.toContain('letmein');
  });

  it('that refuses the recipient for good, or for now', async () => {
    for (const [responseCode, code] of [
      [550, 'NOTIFY_REFUSED'],
      [451, 'NOTIFY_UNREACHABLE'],
    ] as const) {
      const { port } = await mailServer({
        onRcptTo: (_, __, callback) =>
          callback(Object.assign(new Error('not here'), { responseCode })),
      });
      await expect(send(port, {})).rejects.toMatchObject({ code });
    }
  });

  it('that refuses one recipient of two is told of, and not asked again', async () => {
    for (const responseCode of [550, 451]) {
      const { port, mails } = await mailServer({
        onRcptTo: ({ address }, _, callback) => {
          const here = address.startsWith('a@');
          callback(here ? null : Object.assign(new Error('no b@ here'), { responseCode }));
        },
      });
      await expect(send(port, {})).rejects.toMatchObject({
        code: 'NOTIFY_REFUSED',
        message: expect.stringContaining('no b@ here'),
      });
      expect(mails).toMatchObject([{ to: ['a@example.org'] }]);
    }
  });

  it('that says the sign-in back is an error without the password', async () => {
    for (const user of ['a', 'ab', 'abc']) {
      const password = 'hunter2-secret';
      const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
      const { port } = await mailServer({
        authMethods: ['PLAIN'],
        onAuth: (_, __, callback) => callback(new Error(`unknown command: AUTH PLAIN ${plain}`)),
      });
      const error: unknown = await send(port, { user, password }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'NOTIFY_REFUSED' });
      const [, said = ''] = /AUTH PLAIN (\S+)/.exec((error as Error).message) ?? [];
      expect(said).toContain('***');
      // what is left of it holds no four characters of the password in a row
      const left = said.split('***').map((part) => Buffer.from(part, 'base64').toString('latin1'));
      for (let at = 0; at + 4 <= password.length; at += 1) {
        expect(left.join(' ')).not.toContain(password.slice(at, at + 4));
      }
    }
  });

  it('that answers with control characters is quoted without them', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('554 go \u001b[2J away\0\u202e\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    const { port } = server.address() as AddressInfo;
    const error: unknown = await send(port, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expect.stringMatching(/^NOTIFY_/) });
    expect((error as Error).message).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
  });

  it('that closes early or speaks something else fails', async () => {
    for (const word of ['', '220 ready\r\n', 'SSH-2.0-OpenSSH_9.2\r\n']) {
      const server = createServer((socket) => socket.on('error', () => undefined).end(word));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      open.push(server);
      const { port } = server.address() as AddressInfo;
      await expect(send(port, {})).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
    }
  });

  it('inside is not reached without leave', async () => {
    await expect(send(25, { host: '10.0.0.1' })).rejects.toMatchObject({ code: 'NOTIFY_INSIDE' });
  });
});
