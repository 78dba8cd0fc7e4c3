import { defineDatagram } from '../datagram.ts';
import { type DnsMessage, dnsQuery, readDnsMessage } from '../dns-message.ts';
import {
  answers,
  dnsDetails,
  dnsProduct,
  ROOT,
  rootDetails,
  VERSION,
  versionText,
} from '../dns-server.ts';
import { randomToken } from '../token.ts';

/** A resolver may have to ask the root servers first. */
const RECURSION_MS = 3000;

const idOf = (token: number): number => token & 0xffff;

/** The question comes back with every answer; servers that understood nothing leave it out. */
function isOurs(message: DnsMessage): boolean {
  const [question] = message.questions;
  if (!message.isResponse || message.opcode !== 0) return false;
  if (question === undefined) return message.answers.length === 0 && message.rcode !== 0;
  return question.type === VERSION.type && question.class === VERSION.class;
}

/**
 * DNS (RFC 1035). We ask for version.bind, which needs no recursion, and then for the NS of the root, as
 * any resolver does. No name of anybody else's is looked up.
 */
export const dns = defineDatagram({
  name: 'dns',
  title: 'DNS',
  ports: [53, 5300, 8600],
  questions: [
    {
      name: 'dns',
      payload: (token) => dnsQuery({ ...VERSION, id: idOf(token) }),
      answers: (payload, token) => {
        const message = readDnsMessage(payload);
        return message !== null && isOurs(message) && message.id === idOf(token);
      },
    },
  ],
  details: dnsDetails,
  read(payload) {
    const message = readDnsMessage(payload);
    if (message === null || !isOurs(message)) return null;
    const version = versionText(message);
    return {
      ...dnsProduct(version),
      details: version === undefined ? {} : { versionBind: version },
    };
  },
  async follow(identity, ask) {
    const query = { ...ROOT, id: idOf(randomToken()) };
    const payload = await ask(dnsQuery(query), RECURSION_MS);
    const message = payload === null ? null : readDnsMessage(payload);
    const root = message !== null && answers(message, query) ? message : undefined;
    return { ...identity, details: { ...identity.details, ...rootDetails(root) } };
  },
});
