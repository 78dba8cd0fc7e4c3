import fc from 'fast-check';
import type { Machine } from '../model/machine.ts';
import type { Transport } from '../model/port.ts';
import { readAddresses } from './both-families.ts';
import { evaluate } from './evaluate.ts';
import type { Allowance, Intent } from './kind.ts';
import type { Family, Layer } from './layer.ts';
import type { Question } from './packet.ts';
import { includes } from './ranges.ts';

/** Addresses that the intents below are about, and some beside them. */
const BLOCKS: Readonly<Record<Family, readonly string[]>> = {
  4: ['10.0.0.0/8', '192.0.2.0/24', '192.0.2.128/25', '198.51.100.7/32', '203.0.113.4/30'],
  6: ['2001:db8::/32', '2001:db8:1::/48', 'fd00::/8', '2001:db8:2::7/128'],
};
const SOURCES: Readonly<Record<Family, readonly string[]>> = {
  4: [
    '10.1.2.3',
    '192.0.2.1',
    '192.0.2.200',
    '198.51.100.7',
    '198.51.100.8',
    '203.0.113.5',
    '8.8.8.8',
  ],
  6: ['2001:db8::1', '2001:db8:1::1', 'fd00::1', '2001:db8:2::7', '2001:db8:2::8', '2a00::1'],
};
const DESTINATIONS: Readonly<Record<Family, string>> = { 4: '192.0.2.10', 6: '2001:db8::10' };
const PORTS = [22, 80, 443, 5432, 8000, 8080, 65_535];
export const DEVICES = ['em0', 'em1'] as const;

const NUMBERS: Readonly<Record<Transport, number>> = { tcp: 6, udp: 17 };

const families: fc.Arbitrary<readonly Family[]> = fc.constantFrom([4, 6], [4], [6]);

function allowance(devices: readonly string[]): fc.Arbitrary<Allowance> {
  const blocks = fc.uniqueArray(fc.constantFrom(...BLOCKS[4], ...BLOCKS[6]), {
    minLength: 1,
    maxLength: 9,
  });
  return fc
    .record(
      {
        transport: fc.constantFrom<Transport>('tcp', 'udp'),
        ports: fc
          .tuple(fc.constantFrom(...PORTS), fc.constantFrom(0, 0, 1, 100))
          .map(([port, more]) => [port, Math.min(port + more, 65_535)] as const),
        families,
        from: blocks,
        device: fc.constantFrom(...(devices.length === 0 ? [''] : devices)),
        comment: fc.string({ unit: 'grapheme', maxLength: 20 }),
      },
      { requiredKeys: ['transport', 'ports', 'families'] },
    )
    .map(({ device, ...rest }) =>
      device === undefined || device === '' ? rest : { ...rest, device },
    );
}

/** Random intents; with devices only for languages that have them. */
export function intents(devices: readonly string[] = DEVICES): fc.Arbitrary<Intent> {
  return fc.record({ allow: fc.array(allowance(devices), { maxLength: 6 }) });
}

export interface Packet {
  readonly family: Family;
  readonly transport: Transport;
  readonly source: string;
  readonly port: number;
  readonly device: string;
}

export const packets: fc.Arbitrary<Packet> = fc.constantFrom<Family>(4, 6).chain((family) =>
  fc.record({
    family: fc.constant(family),
    transport: fc.constantFrom<Transport>('tcp', 'udp'),
    source: fc.constantFrom(...SOURCES[family]),
    port: fc.constantFrom(...PORTS, 23, 81, 8050, 65_534),
    device: fc.constantFrom(...DEVICES),
  }),
);

/** What the intent itself says of a packet. */
export function intended({ allow }: Intent, packet: Packet): 'accept' | 'closed' {
  const value = pointOf(packet.source, packet.family)[0] as bigint;
  const lets = allow.some(({ transport, ports, from, families: of, device }) => {
    const sources = from === undefined ? null : readAddresses(from);
    return (
      transport === packet.transport &&
      packet.port >= ports[0] &&
      packet.port <= ports[1] &&
      (device === undefined || device === packet.device) &&
      (sources === null ? of.includes(packet.family) : includes(sources[packet.family], value))
    );
  });
  return lets ? 'accept' : 'closed';
}

function pointOf(address: string, family: Family): readonly bigint[] {
  const ranges = readAddresses([address])?.[family];
  if (ranges === undefined) throw new Error(`no address: ${address}`);
  return ranges;
}

export function questionOf({ family, transport, source, port, device }: Packet): Question {
  return {
    family,
    protocol: NUMBERS[transport],
    source: pointOf(source, family),
    destination: pointOf(DESTINATIONS[family], family),
    sourcePort: [40_000, 40_001],
    destinationPort: [port, port + 1],
    inDevice: [device],
  };
}

/** A host of which only the devices are known. */
export const MACHINE: Machine = {
  hostname: 'host',
  system: 'other',
  devices: DEVICES.map((name) => ({ name, addresses: [], loopback: false, up: true })),
  routes: [],
};

/** The fates that a layer gives to a packet: one, unless something went wrong. */
export function fateOf(layer: Layer, packet: Packet): string {
  const fates = new Set(evaluate([layer], questionOf(packet), MACHINE).map(({ fate }) => fate));
  const named = [...fates].map((fate) => (fate === 'drop' || fate === 'reject' ? 'closed' : fate));
  return named.join(', ');
}
