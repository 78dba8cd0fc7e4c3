import { z } from 'zod';
import { defineDatagram } from '../datagram.ts';
import { clip, clipList } from '../dialogue.ts';
import { DNS_TYPE, dnsQuery, readDnsMessage, targetName } from '../dns-message.ts';

const details = z.object({
  services: z
    .array(z.string())
    .describe('Service types it announces (RFC 6763 §9): _ssh._tcp.local'),
});

const ALL_SERVICES = '_services._dns-sd._udp.local';
/** Class IN with the bit that asks for a unicast answer (RFC 6762 §5.4). */
const UNICAST_INTERNET = 0x8001;

/** Multicast DNS, asked directly from a port of our own (RFC 6762 §5.5, §6.7): which services there are. */
export const mdns = defineDatagram({
  name: 'mdns',
  title: 'Multicast DNS',
  ports: [5353],
  questions: [
    {
      name: 'mdns',
      payload: (token) =>
        dnsQuery({
          id: token & 0xffff,
          name: ALL_SERVICES,
          type: DNS_TYPE.ptr,
          class: UNICAST_INTERNET,
          recursionDesired: false,
        }),
    },
  ],
  details,
  read(payload) {
    const message = readDnsMessage(payload);
    if (message === null || !message.isResponse || message.opcode !== 0) return null;
    const ours = message.answers.filter(
      ({ name, type }) => type === DNS_TYPE.ptr && name.toLowerCase() === ALL_SERVICES,
    );
    const asked = message.questions.some(({ name }) => name.toLowerCase() === ALL_SERVICES);
    if (ours.length === 0 && !asked) return null;
    const names = ours.flatMap((record) => targetName(payload, record) ?? []);
    return { details: { services: clipList(names.map(clip)) } };
  },
});
