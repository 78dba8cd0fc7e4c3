import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { readNetwork } from '../../src/model/network.ts';
import { SEVERITIES } from '../../src/model/verdict.ts';
import { createResolver } from '../../src/net/dns.ts';
import type { World } from '../../src/notify/channel.ts';
import type { Guard } from '../../src/notify/guard.ts';
import { ALERT_KINDS, type Alert } from '../../src/notify/message.ts';
import { createWorld } from '../../src/notify/world.ts';

/** A Redis that anybody may write to. */
export const ALERT: Alert = {
  id: 'incident:17:1',
  incident: 'incident:17',
  kind: 'incident',
  severity: 'critical',
  what: 'Redis is open without a password',
  since: '2026-03-01T08:30:00Z',
  why: 'Anybody can read and change what is in it.',
  todo: 'Close the port, or bind Redis to 127.0.0.1.',
  host: 'db1.example.org',
  port: 6379,
  transport: 'tcp',
  link: 'https://postern.example.org/incidents/17?a=1&b=2',
  entries: [],
};

/** What a banner may hold to do harm in one reader or another. */
export const HOSTILE = [
  '\r\nBcc: everybody@example.org\r\n\r\nhello',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"><a href="https://evil.example">click</a>',
  '<!channel> <!here> <@U024BE7LH> <https://evil.example|your bank>',
  '@everyone @here <@&123456> <@!42> [click](https://evil.example)',
  '**bold** `code` ~~gone~~ ||spoiler|| # head',
  ']]></content></entry><entry><id>x</id>',
  '\u001b]0;title\u0007\u001b[2J\u0000\ud800\u202egnp.exe\u2028',
  '<14>1 2026-01-01T00:00:00Z evil - - - forged\n<14>',
  'a|b\\|c=d\\=e cs1=forged',
  '<at>everyone</at> <b>x</b> /start @bot',
];

const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.tuple(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })).map((two) => two.join('')),
);

/** Alerts whose every text was chosen by an attacker. */
export const hostileAlert: fc.Arbitrary<Alert> = fc.record({
  id: hostileText,
  incident: hostileText,
  kind: fc.constantFrom(...ALERT_KINDS),
  severity: fc.constantFrom(...SEVERITIES),
  what: hostileText,
  since: fc.oneof(fc.constant(ALERT.since), hostileText),
  why: hostileText,
  todo: hostileText,
  host: fc.option(hostileText),
  port: fc.option(fc.integer({ min: 1, max: 65_535 })),
  transport: fc.constantFrom('tcp', 'udp'),
  link: fc.option(fc.oneof(hostileText, fc.constantFrom('javascript:alert(1)', ALERT.link))),
  entries: fc.array(
    fc.record({
      severity: fc.constantFrom(...SEVERITIES),
      what: hostileText,
      host: hostileText,
      port: fc.option(fc.integer({ min: 1, max: 65_535 })),
    }),
    { maxLength: 25 },
  ),
});

/** A guard that lets the networks named through. */
export function guardOf(allowed: readonly string[], hostsFile?: string): Guard {
  return {
    allowed: allowed.flatMap((text) => readNetwork(text) ?? []),
    resolver: createResolver(hostsFile === undefined ? {} : { hostsFile }),
  };
}

export const NOW = new Date('2026-03-01T09:00:00Z');

/** A world whose loopback is allowed, so that peers of a test can be reached. */
export function loopbackWorld(timeoutMs = 10_000): World {
  const { signal } = new AbortController();
  return createWorld({ guard: guardOf(['127.0.0.0/8', '::1']), signal, now: () => NOW, timeoutMs });
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** What came, whole, in order. */
  readonly received: readonly Received[];
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, request: Received) => void;

/** A real HTTP server on loopback that keeps what it gets and answers as told. */
export async function receiver(answer: Answer = (response) => response.end('ok')) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    // a scan of this machine beside the tests asks too, and is not told here
    if (request.method === 'GET') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const whole = { path: request.url ?? '', headers: request.headers, body };
      received.push(whole);
      answer(response, whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const made: Receiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return made;
}
