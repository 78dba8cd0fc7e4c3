import type { Family, KindName, Layer } from '../firewall/layer.ts';
import type { AnswerPart, Evaluate } from '../firewall/packet.ts';
import type { Machine } from '../model/machine.ts';
import type { Transport } from '../model/port.ts';
import { portQuestion } from './keep.ts';

export interface OpenPort {
  readonly transport: Transport;
  readonly port: number;
}

/** Letting a port in that a remedy needs, a VPN's. */
export interface Opening {
  /** Whether the rules let everybody in already, over both families; `unknown` when that cannot be told. */
  readonly now: 'open' | 'shut' | 'unknown';
  /** Commands for a root shell and comments; none for a port that is open, or for a kind without. */
  readonly lines: readonly string[];
}

/** How the firewall in charge lets everybody in to a port; asks the rules whether it must. */
export function openPort(
  { transport, port }: OpenPort,
  kind: KindName,
  layers: readonly Layer[],
  machine: Machine,
  evaluate: Evaluate,
): Opening {
  const asked = FAMILIES.map((family) => {
    const parts = evaluate(layers, portQuestion({ family, transport, port }, machine), machine);
    return { family, parts };
  });
  const fates = new Set(asked.flatMap(({ parts }) => parts.map(({ fate }) => fate)));
  const shut = fates.has('drop') || fates.has('reject');
  if (!shut && !fates.has('unknown')) return { now: 'open', lines: [] };
  if (kind === 'nftables')
    return { now: shut ? 'shut' : 'unknown', lines: nftLines(transport, port, asked, layers) };
  return { now: shut ? 'shut' : 'unknown', lines: LINES[kind]?.(transport, port) ?? [] };
}

const FAMILIES = [4, 6] as const;

type Lines = (transport: Transport, port: number) => string[];

const LINES: Partial<Record<KindName, Lines>> = {
  ufw: (transport, port) => [`ufw allow ${port}/${transport}`],
  firewalld: (transport, port) => [
    `firewall-cmd --add-port=${port}/${transport}`,
    `firewall-cmd --permanent --add-port=${port}/${transport}`,
  ],
  iptables: (transport, port) => [
    `iptables -I INPUT -p ${transport} --dport ${port} -j ACCEPT`,
    `ip6tables -I INPUT -p ${transport} --dport ${port} -j ACCEPT`,
    '# keep them as your host keeps its rules: netfilter-persistent save',
  ],
};

interface Asked {
  readonly family: Family;
  readonly parts: readonly AnswerPart[];
}

/** At the head of each chain that refuses: an accept behind its drop would come too late. */
function nftLines(
  transport: Transport,
  port: number,
  asked: readonly Asked[],
  layers: readonly Layer[],
): string[] {
  const chains = new Set(
    asked.flatMap(({ family, parts }) =>
      parts
        .flatMap(({ decisions }) => decisions)
        .filter(({ fate, layer }) => layer === 'nftables' && fate !== 'accept')
        .flatMap(({ table, chain }) => chainNames(layers, family, table, chain)),
    ),
  );
  if (chains.size === 0) return [];
  return [
    ...[...chains].map((chain) => `nft insert rule ${chain} ${transport} dport ${port} accept`),
    '# write the same line into that chain in /etc/nftables.conf',
  ];
}

/** With the family of its table, as nft(8) wants it: `inet filter input`. */
function chainNames(layers: readonly Layer[], family: Family, table: string, chain: string) {
  const own = family === 4 ? 'ip' : 'ip6';
  return layers
    .filter(({ kind, role }) => kind === 'nftables' && role === 'live')
    .flatMap(({ tables }) => tables)
    .filter((one) => one.name === table && (one.family === own || one.family === 'inet'))
    .filter(({ chains }) => chains.some(({ name }) => name === chain))
    .map((one) => `${one.family} ${table} ${chain}`);
}
