import { z } from 'zod';
import { CLIENT_NAME, USER_AGENT } from '../model/agent.ts';
import { clip, clipList } from './dialogue.ts';
import { authSchemes } from './http-auth.ts';
import { fieldOf, type HttpResponse, readHttpResponse } from './http-message.ts';
import type { Identity } from './plugin.ts';
import { present } from './present.ts';
import { namedProduct, type ProductMark } from './products.ts';

export const sipDetails = z.object({
  status: z.number().int().describe('Status code of the answer to OPTIONS (RFC 3261 §21)'),
  reason: z.string().optional().describe('Reason phrase of the status line'),
  server: z.string().optional().describe('Server field'),
  userAgent: z.string().optional().describe('User-Agent field'),
  methods: z.array(z.string()).optional().describe('Methods of the Allow field'),
  extensions: z.array(z.string()).optional().describe('Extensions of the Supported field'),
  authRequired: z.boolean().optional().describe('True when even OPTIONS asks for credentials'),
  authSchemes: z.array(z.string()).optional().describe('Schemes it takes, lower case'),
});

const SERVERS: readonly ProductMark[] = [
  { pattern: /^kamailio \((\d[\w.-]{0,20})/i, product: 'Kamailio', cpe: ['kamailio', 'kamailio'] },
  { pattern: /^OpenSIPS \((\d[\w.-]{0,20})/i, product: 'OpenSIPS', cpe: ['opensips', 'opensips'] },
  {
    pattern: /^FPBX-[\d.]{1,20}\((\d[\d.]{0,20})\)/,
    product: 'Asterisk',
    cpe: ['digium', 'asterisk'],
  },
  {
    pattern: /^Asterisk PBX(?: (?:certified\/)?(\d[\w.-]{0,20}))?/,
    product: 'Asterisk',
    cpe: ['digium', 'asterisk'],
  },
  {
    pattern: /^FreeSWITCH(?:-mod_sofia\/(\d[\w.]{0,20}))?/,
    product: 'FreeSWITCH',
    cpe: ['freeswitch', 'freeswitch'],
  },
  { pattern: /^(?:sip express router|sems)/i, product: 'SIP Express Router' },
  { pattern: /^3CX\s?PhoneSystem (\d[\d.]{0,20})/, product: '3CX', cpe: ['3cx', '3cx'] },
  { pattern: /^Cisco-(?:SIPGateway\/IOS-(\S{1,20})|\S)/, product: 'Cisco SIP gateway' },
  { pattern: /FRITZ!(?:OS|Box)/i, product: 'FRITZ!Box' },
  { pattern: /^Grandstream /, product: 'Grandstream' },
  { pattern: /^Yealink /, product: 'Yealink' },
  { pattern: /^Poly(?:com)?/, product: 'Polycom' },
];

/** Random token: transactions of two scans must not look like one (RFC 3261 §8.1.1.4, §8.1.1.7). */
function token(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 16);
}

/** Where the request goes and over what. */
export interface SipRoute {
  /** Host and port as a URI writes them. */
  readonly host: string;
  readonly transport: 'TCP' | 'TLS' | 'UDP';
}

/**
 * OPTIONS to the server itself, from an address that cannot exist (RFC 2606): asks what it can do,
 * rings nowhere (RFC 3261 §11).
 */
export function optionsRequest({ host, transport }: SipRoute): string {
  return [
    `OPTIONS sip:${host} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${CLIENT_NAME}.invalid;branch=z9hG4bK${token()};rport`,
    `From: <sip:${CLIENT_NAME}@${CLIENT_NAME}.invalid>;tag=${token()}`,
    `To: <sip:${host}>`,
    `Call-ID: ${token()}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    `Contact: <sip:${CLIENT_NAME}@${CLIENT_NAME}.invalid>`,
    `User-Agent: ${USER_AGENT}`,
    'Accept: application/sdp',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** A comma-separated field; null when it is absent. */
function listField(response: HttpResponse, name: string): string[] | undefined {
  const items = fieldOf(response, name)
    ?.split(',')
    .map((item) => clip(item.trim()))
    .filter((item) => item !== '');
  return items === undefined ? undefined : clipList(items);
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : clip(text);
}

function factsOf(response: HttpResponse) {
  const schemes = authSchemes(response);
  const refused = response.status === 401 || response.status === 407;
  return present({
    status: response.status,
    reason: clipped(response.reason),
    server: clipped(fieldOf(response, 'server')),
    userAgent: clipped(fieldOf(response, 'user-agent')),
    methods: listField(response, 'allow'),
    extensions: listField(response, 'supported') ?? listField(response, 'k'),
    authRequired: refused ? true : undefined,
    authSchemes: schemes.length === 0 ? undefined : schemes,
  });
}

/** What a response tells (RFC 3261 §7.2); null when the bytes are none. */
export function readSip(bytes: Uint8Array): Identity<z.infer<typeof sipDetails>> | null {
  const response = readHttpResponse(bytes, 'SIP');
  if (response === null) return null;
  const named = fieldOf(response, 'server') ?? fieldOf(response, 'user-agent') ?? '';
  return { ...namedProduct(named, SERVERS), details: factsOf(response) };
}
