import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { z } from 'zod';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import type { Severity } from '../../model/verdict.ts';
import { within } from '../../net/within.ts';
import { clip } from '../../report/text.ts';
import { cefOf } from '../cef.ts';
import type { Channel, World } from '../channel.ts';
import { destination, hostName, portNumber, serverFile } from '../fields.ts';
import { shortHash } from '../identity.ts';
import { type Alert, entriesOf, rowsOf, subjectOf } from '../message.ts';
import { trustFor } from '../trust.ts';

const PORTS = { udp: 514, tcp: 514, tls: 6514 } as const;

const settings = z.strictObject({
  host: hostName('Host of the collector.'),
  transport: destination(z.enum(['tls', 'tcp', 'udp']))
    .default('tls')
    .describe('`tls` (RFC 5425), `tcp` (RFC 6587) or `udp` (RFC 5426), which nobody confirms.'),
  port: portNumber('Its port; 6514 for TLS, else 514, unless stated.').exactOptional(),
  ca: serverFile('PEM file of an authority to trust beside the usual ones.').exactOptional(),
  format: z
    .enum(['text', 'cef'])
    .default('text')
    .describe('Body of the message: a sentence, or CEF for a SIEM.'),
  facility: z
    .int()
    .min(0)
    .max(23)
    .default(16)
    .describe('Facility by number (RFC 5424 §6.2.1); 16 is local0.'),
});

type Settings = z.infer<typeof settings>;

/** RFC 5424 §6.2.1. */
const LEVELS: Readonly<Record<Severity, number>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  info: 6,
};
const TIMEOUT_MS = 15_000;
/** A collector that wants more messages need not close. */
const GRACE_MS = 2_000;
/** Every receiver should take this many bytes (RFC 5426 §3.2); a character has up to four. */
const MAX_MESSAGE = 480;

/** PRINTUSASCII of the header; `-` when nothing is left. */
function headerWord(text: string, max: number): string {
  return text.replace(/[^!-~]/g, '').slice(0, max) || '-';
}

function bodyOf(message: Alert, format: Settings['format']): string {
  if (format === 'cef') return cefOf(message);
  const rows = rowsOf(message).map(([label, text]) => `${label}: ${text}`);
  const text = [subjectOf(message), ...rows, ...entriesOf(message)].join('; ');
  // the mark says that the text is UTF-8 (RFC 5424 §6.4)
  return /^[ -~]*$/.test(text) ? text : `\ufeff${text}`;
}

/** One message of RFC 5424, without structured data: that would need a registered number. */
function lineOf(message: Alert, { facility, format, transport }: Settings, world: World): Buffer {
  const level = message.kind === 'resolved' ? LEVELS.info : LEVELS[message.severity];
  const head = [
    `<${facility * 8 + level}>1`,
    world.now().toISOString(),
    headerWord(hostname(), 255),
    'postern',
    '-',
    shortHash(message.incident),
    '-',
  ].join(' ');
  const body = bodyOf(message, format);
  return Buffer.from(`${head} ${transport === 'udp' ? clip(body, MAX_MESSAGE) : body}`);
}

async function sendDatagram(line: Buffer, host: string, port: number, world: World) {
  const [address = ''] = await world.addresses(host);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.send(line, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    socket.close();
  }
}

/**
 * Octet counting (RFC 6587 §3.4.1, RFC 5425 §4.3): a text cannot look like the next message. There is
 * no receipt; a collector that is gone resets the connection, which is waited for a little.
 */
async function sendStream(line: Buffer, socket: Socket, signal: AbortSignal): Promise<void> {
  const grace = within(GRACE_MS, signal);
  socket.resume();
  const finished = once(socket, 'finish', { signal });
  const closed = once(socket, 'close', { signal: grace });
  socket.end(Buffer.concat([Buffer.from(`${line.length} `), line]));
  try {
    await Promise.all([finished, closed]);
  } catch (thrown) {
    if (!grace.aborted || signal.aborted || !socket.writableFinished) throw thrown;
  }
}

async function secured(socket: Socket, { host, ca }: Settings, signal: AbortSignal) {
  const trust = await trustFor('syslog', host, ca);
  const tls = connectTls({ ...trust, socket, minVersion: 'TLSv1.2' });
  // once() reports what comes while we wait; what comes when it was given up is of no use
  tls.on('error', () => undefined);
  await once(tls, 'secureConnect', { signal });
  return tls;
}

async function overStream(line: Buffer, config: Settings, port: number, world: World) {
  const signal = within(TIMEOUT_MS, world.signal);
  const plain = await world.connect(config.host, port);
  try {
    const socket = config.transport === 'tls' ? await secured(plain, config, signal) : plain;
    await sendStream(line, socket, signal);
  } finally {
    plain.destroy();
  }
}

export const syslog: Channel<typeof settings> = {
  name: 'syslog',
  title: 'Syslog and CEF',
  settings,
  async send(message, config, world) {
    const { host, transport, port = PORTS[transport] } = config;
    const line = lineOf(message, config, world);
    try {
      if (transport === 'udp') await sendDatagram(line, host, port, world);
      else await overStream(line, config, port, world);
    } catch (thrown) {
      world.signal.throwIfAborted();
      if (thrown instanceof PosternError) throw thrown;
      throw problem('NOTIFY_UNREACHABLE', { peer: host, problem: messageOf(thrown) });
    }
  },
};
