import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { utf8Text } from '../bytes.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const MAX_FRAME = 16 * 1024;

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: CONNECT without login was accepted; absent when refused for another reason'),
  clearTextLogin: z.boolean().optional().describe('A login is asked for outside TLS'),
  protocolVersion: z.string().optional().describe('version header of CONNECTED'),
  server: z.string().optional().describe('server header'),
  message: z.string().optional().describe('message header of ERROR'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /^RabbitMQ\/(\d[\w.]*)/, product: 'RabbitMQ', cpe: ['vmware', 'rabbitmq'] },
  { pattern: /^ActiveMQ\/(\d[\w.]*)/, product: 'Apache ActiveMQ', cpe: ['apache', 'activemq'] },
  {
    pattern: /^ActiveMQ-Artemis\/(\d[\w.]*)/,
    product: 'Apache ActiveMQ Artemis',
    cpe: ['apache', 'activemq_artemis'],
  },
  { pattern: /^apache-apollo\/(\d[\w.]*)/, product: 'Apache ActiveMQ Apollo' },
];

const CONNECT = 'CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\n\n\0';

export interface StompFrame {
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
}

const frameEnd: Framing = (buffered) => {
  if (!/^[CE\r\n]/.test(headText(buffered.subarray(0, 1)))) return buffered.length;
  const end = buffered.indexOf(0);
  if (end >= 0) return end + 1;
  return buffered.length > MAX_FRAME ? buffered.length : null;
};

/** Reads a CONNECTED or ERROR frame (STOMP 1.2); null when it is another thing. */
export function readStompFrame(bytes: Uint8Array): StompFrame | null {
  if (bytes.indexOf(0) < 0) return null;
  const [command = '', ...lines] = utf8Text(bytes).replace(/\r/g, '').trimStart().split('\n');
  if (command !== 'CONNECTED' && command !== 'ERROR') return null;
  const end = lines.indexOf('');
  if (end < 0) return null;
  const pairs = lines.slice(0, Math.min(end, 64)).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [line, ''] : [line.slice(0, colon), clip(line.slice(colon + 1))];
  });
  return { command, headers: new Map(pairs) };
}

const ACCESS = /access refused|authenticat|login|credential|password|bad connect|security/i;

function access(talk: Conversation, { command, headers }: StompFrame) {
  if (command === 'CONNECTED') return { authRequired: false, clearTextLogin: false };
  if (!ACCESS.test(headers.get('message') ?? '')) return {};
  return { authRequired: true, clearTextLogin: talk.tls === undefined };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(CONNECT);
  const bytes = await receiveWhole(talk, frameEnd);
  const frame = bytes === null ? null : readStompFrame(bytes);
  if (frame === null) return null;
  if (frame.command === 'CONNECTED') talk.send('DISCONNECT\n\n\0');
  const server = frame.headers.get('server');
  const version = frame.command === 'CONNECTED' ? frame.headers.get('version') : undefined;
  const message = frame.headers.get('message');
  return {
    ...namedProduct(server ?? '', PRODUCTS),
    details: {
      ...access(talk, frame),
      ...(version === undefined ? {} : { protocolVersion: version }),
      ...(server === undefined ? {} : { server }),
      ...(message === undefined ? {} : { message }),
    },
  };
}

/** STOMP 1.0–1.2. We connect without login or passcode and disconnect. */
export const stomp = defineProtocol({
  name: 'stomp',
  title: 'STOMP',
  transport: 'tcp',
  over: 'tcp',
  ports: [61613],
  tlsPorts: [61614],
  manners: 'ask',
  details,
  recognises: (bytes) => /^ERROR\n(?:[\w-]{1,40}:[^\n]{0,200}\n){1,3}/.test(headText(bytes)),
  identify,
});
