import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readConntrack } from './conntrack.ts';

// in the form that nf_conntrack_standalone.c of the kernel writes and `conntrack -L` prints
const PROC = `ipv4     2 udp      17 29 src=192.0.2.9 dst=192.0.2.1 sport=40000 dport=53 [UNREPLIED] src=192.0.2.1 dst=192.0.2.9 sport=53 dport=40000 mark=0 zone=0 use=2
ipv6     10 udp      17 119 src=2001:0db8:0000:0000:0000:0000:0000:0009 dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=40001 dport=53 src=2001:0db8:0000:0000:0000:0000:0000:0001 dst=2001:0db8:0000:0000:0000:0000:0000:0009 sport=53 dport=40001 [ASSURED] mark=0 use=2
ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.9 dst=192.0.2.1 sport=50000 dport=22 src=192.0.2.1 dst=192.0.2.9 sport=22 dport=50000 [ASSURED] use=2
`;
const TOOL =
  'udp      17 25 src=192.0.2.9 dst=192.0.2.1 sport=40000 dport=1053 packets=1 bytes=60 src=172.17.0.2 dst=192.0.2.9 sport=53 dport=40000 packets=1 bytes=90 mark=0 use=1\n';

it('reads who sent datagrams to whom, behind NAT', () => {
  expect(readConntrack(PROC)).toEqual([
    { local: '192.0.2.1', port: 53, peer: '192.0.2.9' },
    { local: '2001:db8::1', port: 53, peer: '2001:db8::9' },
  ]);
  expect(readConntrack(TOOL)).toEqual([{ local: '172.17.0.2', port: 53, peer: '192.0.2.9' }]);
});

it('takes any text', () => {
  const mutated = fc
    .tuple(fc.constantFrom(PROC, TOOL), fc.nat(600), fc.string({ maxLength: 20 }))
    .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + what.length));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      for (const { port } of readConntrack(text)) expect(port).toBeLessThan(65_536);
    }),
  );
});
