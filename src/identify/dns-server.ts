import { z } from 'zod';
import { clip } from './dialogue.ts';
import {
  DNS_CLASS,
  DNS_RCODE,
  DNS_TYPE,
  type DnsMessage,
  type DnsQuery,
  readTxtData,
} from './dns-message.ts';
import { namedProduct, type ProductMark } from './products.ts';

export const dnsDetails = z.object({
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

/** The NS of the root, as any resolver asks; ids are for TCP, where nobody can forge answers. */
export const ROOT = {
  id: 2,
  name: '',
  type: DNS_TYPE.ns,
  class: DNS_CLASS.internet,
  recursionDesired: true,
};
export const VERSION = {
  id: 1,
  name: 'version.bind',
  type: DNS_TYPE.txt,
  class: DNS_CLASS.chaos,
  recursionDesired: false,
};

/** Whether a message is the response to a query. */
export function answers(message: DnsMessage, query: DnsQuery): boolean {
  const [question] = message.questions;
  const echoes = question === undefined || question.type === query.type;
  return message.isResponse && message.id === query.id && message.opcode === 0 && echoes;
}

/** The text of version.bind. */
export function versionText(message: DnsMessage | undefined): string | undefined {
  const record = message?.answers.find(({ type }) => type === DNS_TYPE.txt);
  return record === undefined ? undefined : clip(readTxtData(record.data));
}

export function rootDetails(root: DnsMessage | undefined) {
  if (root === undefined) return {};
  const { recursionAvailable, rcode, authoritative } = root;
  const recursion = recursionAvailable && rcode !== DNS_RCODE.refused;
  return { recursion, recursionAvailable, rcode, authoritative };
}

/** The product that a version.bind names. */
export function dnsProduct(version: string | undefined) {
  return namedProduct(version ?? '', PRODUCTS);
}
