import fc from 'fast-check';
import type { LabPacket } from './firewall-lab.ts';
import { OWN_V4, OWN_V6, PORTS, SOURCES_V4, SOURCES_V6 } from './nft-rulesets.ts';

export const PACKETS = 40;

const common = {
  device: fc.constantFrom('eth0', 'eth0', 'eth1', 'docker0'),
  protocol: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp'),
  port: fc.constantFrom(...PORTS),
  tcpFlags: fc.constantFrom(2, 2, 2, 2, 16, 18, 1),
} as const;
const v4 = fc.record({
  ...common,
  source: fc.constantFrom(...SOURCES_V4),
  destination: fc.constantFrom(...OWN_V4, '192.0.2.1', '172.17.0.2'),
});
const v6 = fc.record({
  ...common,
  source: fc.constantFrom(...SOURCES_V6),
  destination: fc.constantFrom(...OWN_V6, '2001:db8::1', 'fd00:17::2'),
});
/** What is sent against each ruleset. */
export const packetLists = fc
  .array(fc.oneof(v4, v6), { minLength: PACKETS, maxLength: PACKETS })
  .map((list): LabPacket[] =>
    list.map((packet, at) => ({ ...packet, sourcePort: 1025 + at * 997 })),
  );
