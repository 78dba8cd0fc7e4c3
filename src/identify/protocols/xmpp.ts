import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { utf8Text } from '../bytes.ts';
import { clip, clipList, headText, receiveWhole } from '../dialogue.ts';
import { sendsPassword } from '../mail-login.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const MAX_ANSWER = 32 * 1024;
const SERVER_PORTS: ReadonlySet<number> = new Set([5269, 5270]);

const details = z.object({
  kind: z
    .enum(['client', 'server'])
    .describe('The namespace it was asked in: jabber:client or jabber:server'),
  domain: z.string().optional().describe('from of the stream header'),
  authMechanisms: z
    .array(z.string())
    .describe('SASL mechanisms, inside TLS where that was entered'),
  startTls: z.boolean().optional().describe('STARTTLS is offered (RFC 6120 §5)'),
  tlsRequired: z.boolean().optional().describe('Nothing goes without TLS'),
  clearTextLogin: z.boolean().optional().describe('PLAIN is offered outside TLS'),
  error: z
    .string()
    .optional()
    .describe('Stream error, host-unknown where the domain is not served'),
});

/** Entity capabilities (XEP-0115) in the stream features name the software's site. */
const PRODUCTS: readonly ProductMark[] = [
  { pattern: /prosody\.im/, product: 'Prosody', cpe: ['prosody', 'prosody'] },
  {
    pattern: /process-one\.net\/en\/ejabberd/,
    product: 'ejabberd',
    cpe: ['process-one', 'ejabberd'],
  },
  {
    pattern: /igniterealtime\.org\/projects\/openfire/,
    product: 'Openfire',
    cpe: ['igniterealtime', 'openfire'],
  },
  { pattern: /tigase/i, product: 'Tigase', cpe: ['tigase', 'tigase'] },
];

/** What a stream header, features and errors say. */
export interface XmppStream {
  readonly domain?: string;
  readonly mechanisms: readonly string[];
  readonly startTls: boolean;
  readonly tlsRequired: boolean;
  readonly node?: string;
  readonly error?: string;
}

/** Ends with the features, the error, or the stream itself. */
const featuresFrame: Framing = (buffered) => {
  const text = utf8Text(buffered);
  if (buffered.length > MAX_ANSWER || !text.startsWith('<')) return buffered.length;
  const done = /<\/stream:(?:features|error|stream)>|<stream:features\/>|<\/html>/.exec(text);
  return done === null ? null : buffered.length;
};

/** The value of an attribute in the first tag that begins with `tag`. */
function attributeOf(text: string, tag: string, name: string): string | undefined {
  const start = text.indexOf(`<${tag}`);
  if (start < 0) return undefined;
  const end = text.indexOf('>', start);
  const inside = text.slice(start, end < 0 ? start + 2048 : end);
  const at = inside.indexOf(` ${name}=`);
  const quote = inside[at + name.length + 2];
  if (at < 0 || (quote !== '"' && quote !== "'")) return undefined;
  const from = at + name.length + 3;
  const to = inside.indexOf(quote, from);
  return to < 0 ? undefined : clip(inside.slice(from, to));
}

/** Reads a stream's beginning (RFC 6120 §4); null when it is none. */
export function readXmppStream(bytes: Uint8Array): XmppStream | null {
  const text = utf8Text(bytes.subarray(0, MAX_ANSWER));
  if (!text.includes('<stream:stream') || !text.includes('etherx.jabber.org/streams')) return null;
  const domain = attributeOf(text, 'stream:stream', 'from');
  const node = attributeOf(text, 'c ', 'node');
  const mechanisms = [...text.matchAll(/<mechanism>([\w-]{1,40})<\/mechanism>/g)].map(
    (m) => m[1] ?? '',
  );
  const error = /<stream:error><([a-z-]{1,40})/.exec(text)?.[1];
  const starttls = text.indexOf('<starttls');
  return {
    ...(domain ? { domain } : {}),
    ...(node ? { node } : {}),
    ...(error === undefined ? {} : { error }),
    mechanisms: clipList(mechanisms),
    startTls: starttls >= 0,
    tlsRequired: starttls >= 0 && /^<starttls[^>]{0,200}>\s*<required/.test(text.slice(starttls)),
  };
}

async function open(talk: Conversation, kind: 'client' | 'server'): Promise<XmppStream | null> {
  const to = (talk.serverName ?? talk.authority).replace(/[<>&'"]/g, '');
  talk.send(
    `<?xml version='1.0'?><stream:stream to='${to}' xmlns='jabber:${kind}' ` +
      "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
  );
  const bytes = await receiveWhole(talk, featuresFrame);
  return bytes === null ? null : readXmppStream(bytes);
}

async function upgrade(talk: Conversation) {
  talk.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  const { bytes } = await talk.receive((buffered) =>
    buffered.includes(0x3e) ? buffered.length : null,
  );
  return utf8Text(bytes).trimStart().startsWith('<proceed') ? talk.startTls() : null;
}

function described(before: XmppStream, inside: XmppStream | null, secure: boolean) {
  const { domain, error } = before;
  return {
    ...(domain === undefined ? {} : { domain }),
    authMechanisms: [...(inside ?? before).mechanisms],
    ...(secure || error !== undefined
      ? {}
      : { startTls: before.startTls, tlsRequired: before.tlsRequired }),
    ...(error === undefined
      ? { clearTextLogin: !secure && sendsPassword(before.mechanisms) }
      : { error }),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const kind = SERVER_PORTS.has(talk.port) ? 'server' : 'client';
  const secure = talk.tls !== undefined;
  const before = await open(talk, kind);
  if (before === null) return null;
  const layer = !secure && before.startTls ? await upgrade(talk) : null;
  const inside = layer === null ? null : await open(talk, kind);
  talk.send('</stream:stream>');
  return {
    ...namedProduct(inside?.node ?? before.node ?? '', PRODUCTS),
    details: { kind, ...described(before, inside, secure) },
    ...(layer === null ? {} : { startTls: layer }),
  };
}

/** XMPP: RFC 6120. We open a stream, enter TLS where offered, and close the stream. */
export const xmpp = defineProtocol({
  name: 'xmpp',
  title: 'XMPP',
  transport: 'tcp',
  over: 'tcp',
  ports: [5222, 5269],
  tlsPorts: [5223, 5270],
  manners: 'ask',
  details,
  recognises: (bytes) => headText(bytes).includes('<stream:stream'),
  identify,
});
