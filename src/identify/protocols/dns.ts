import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import {
  DNS_CLASS,
  DNS_RCODE,
  DNS_TYPE,
  type DnsMessage,
  type DnsQuery,
  dnsOverTcp,
  dnsQuery,
  readDnsMessage,
  readTxtData,
} from '../dns-message.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

/** Both queries go out at once (RFC 7766 §6.2.1.1), so two answers and a margin. */
const MAX_MESSAGES = 3;
const FIRST_MS = 2000;
const RECURSION_MS = 3000;

const details = z.object({
  recursion: z
    .boolean()
    .optional()
    .describe(
      'Whether a stranger gets recursion: asked for the NS of the root, the answer has RA set and ' +
        'is not REFUSED. SERVFAIL counts as yes, for the server tried; absent without an answer',
    ),
  recursionAvailable: z
    .boolean()
    .optional()
    .describe('The RA bit of that answer (RFC 1035 §4.1.1)'),
  rcode: z.number().optional().describe('Its response code: 0 NOERROR, 2 SERVFAIL, 5 REFUSED'),
  authoritative: z
    .boolean()
    .optional()
    .describe('Its AA bit: the server holds the root zone itself'),
  versionBind: z.string().optional().describe('Answer to version.bind CH TXT'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /^dnsmasq-(\d[\w.]*)/, product: 'dnsmasq', cpe: ['thekelleys', 'dnsmasq'] },
  { pattern: /^unbound (\d[\w.]*)/, product: 'Unbound', cpe: ['nlnetlabs', 'unbound'] },
  { pattern: /^NSD (\d[\w.]*)/, product: 'NSD', cpe: ['nlnetlabs', 'name_server_daemon'] },
  {
    pattern: /^PowerDNS Authoritative Server (\d[\w.]*)/,
    product: 'PowerDNS Authoritative Server',
    cpe: ['powerdns', 'authoritative_server'],
  },
  {
    pattern: /^PowerDNS Recursor (\d[\w.]*)/,
    product: 'PowerDNS Recursor',
    cpe: ['powerdns', 'recursor'],
  },
  { pattern: /^Knot DNS (\d[\w.]*)/, product: 'Knot DNS', cpe: ['nic', 'knot_dns'] },
  { pattern: /^Knot Resolver (\d[\w.]*)/, product: 'Knot Resolver', cpe: ['nic', 'knot_resolver'] },
  { pattern: /^CoreDNS-(\d[\w.]*)/, product: 'CoreDNS', cpe: ['coredns.io', 'coredns'] },
  { pattern: /^Microsoft DNS (\d[\w.]*)/, product: 'Microsoft DNS' },
  { pattern: /^gdnsd(?:[ -](\d[\w.]*))?/, product: 'gdnsd', cpe: ['gdnsd', 'gdnsd'] },
  { pattern: /^(?:BIND )?(9\.\d{1,2}\.\d{1,3}(?:-P\d+)?)/, product: 'BIND', cpe: ['isc', 'bind'] },
];

const tcpFrame = lengthFrame({ at: 0, size: 2, extra: 2 });

// A connection is no place for spoofed answers, so the ids need not be random.
const ROOT = {
  id: 2,
  name: '',
  type: DNS_TYPE.ns,
  class: DNS_CLASS.internet,
  recursionDesired: true,
};
const VERSION = {
  id: 1,
  name: 'version.bind',
  type: DNS_TYPE.txt,
  class: DNS_CLASS.chaos,
  recursionDesired: false,
};

function answers(message: DnsMessage, query: DnsQuery): boolean {
  const [question] = message.questions;
  const echoes = question === undefined || question.type === query.type;
  return message.isResponse && message.id === query.id && message.opcode === 0 && echoes;
}

/** Reads one message with its two-byte length. */
export function readDnsOverTcp(bytes: Uint8Array): DnsMessage | null {
  return readDnsMessage(bytes.subarray(2));
}

interface Heard {
  version?: DnsMessage;
  root?: DnsMessage;
}

/** Messages of the server until both queries are answered or nothing more comes. */
async function hear(talk: Conversation, version: DnsQuery, root: DnsQuery): Promise<Heard> {
  const heard: Heard = {};
  for (let index = 0; index < MAX_MESSAGES; index += 1) {
    const patience = index === 0 ? FIRST_MS : RECURSION_MS;
    const bytes = await receiveWhole(talk, tcpFrame, patience);
    const message = bytes === null ? null : readDnsOverTcp(bytes);
    if (message === null) break;
    if (answers(message, version)) heard.version = message;
    else if (answers(message, root)) heard.root = message;
    else break;
    if (heard.version !== undefined && heard.root !== undefined) break;
  }
  return heard;
}

function send(talk: Conversation, query: DnsQuery): DnsQuery {
  talk.send(dnsOverTcp(dnsQuery(query)));
  return query;
}

/** A resolver that cannot reach the root is silent for long; without RD it answers at once. */
async function withoutRecursion(talk: Conversation): Promise<DnsMessage | undefined> {
  const query = send(talk, { ...ROOT, id: 3, recursionDesired: false });
  const bytes = await receiveWhole(talk, tcpFrame);
  const message = bytes === null ? null : readDnsOverTcp(bytes);
  return message !== null && answers(message, query) ? message : undefined;
}

function versionText(message: DnsMessage | undefined): string | undefined {
  const record = message?.answers.find(({ type }) => type === DNS_TYPE.txt);
  return record === undefined ? undefined : clip(readTxtData(record.data));
}

function rootDetails(root: DnsMessage | undefined) {
  if (root === undefined) return {};
  const { recursionAvailable, rcode, authoritative } = root;
  const recursion = recursionAvailable && rcode !== DNS_RCODE.refused;
  return { recursion, recursionAvailable, rcode, authoritative };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const heard = await hear(talk, send(talk, VERSION), send(talk, ROOT));
  if (heard.version === undefined && heard.root === undefined) return null;
  const root = heard.root ?? (await withoutRecursion(talk));
  const version = versionText(heard.version);
  return {
    ...namedProduct(version ?? '', PRODUCTS),
    details: {
      ...rootDetails(root),
      ...(version === undefined ? {} : { versionBind: version }),
    },
  };
}

/**
 * DNS over TCP and, on 853, over TLS: RFC 1035, 7766, 7858. We ask for the NS of the root, as any
 * resolver does, and for version.bind. No name of anybody else's is looked up.
 */
export const dns = defineProtocol({
  name: 'dns',
  title: 'DNS',
  transport: 'tcp',
  over: 'tcp',
  ports: [53, 5353],
  tlsPorts: [853],
  manners: 'ask',
  details,
  identify,
});
