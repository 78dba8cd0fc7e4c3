import type { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { receiveWhole } from '../dialogue.ts';
import {
  type DnsMessage,
  type DnsQuery,
  dnsOverTcp,
  dnsQuery,
  readDnsMessage,
} from '../dns-message.ts';
import {
  answers,
  dnsDetails,
  dnsProduct,
  ROOT,
  rootDetails,
  VERSION,
  versionText,
} from '../dns-server.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

/** Both queries go out at once (RFC 7766 §6.2.1.1), so two answers and a margin. */
const MAX_MESSAGES = 3;
const FIRST_MS = 2000;
const RECURSION_MS = 3000;

const tcpFrame = lengthFrame({ at: 0, size: 2, extra: 2 });

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

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof dnsDetails>> | null> {
  const heard = await hear(talk, send(talk, VERSION), send(talk, ROOT));
  if (heard.version === undefined && heard.root === undefined) return null;
  const root = heard.root ?? (await withoutRecursion(talk));
  const version = versionText(heard.version);
  return {
    ...dnsProduct(version),
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
  details: dnsDetails,
  identify,
});
