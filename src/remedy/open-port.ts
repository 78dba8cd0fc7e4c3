import { FAMILIES, type Family, type KindName, type Layer } from '../firewall/layer.ts';
import type { AnswerPart, Evaluate } from '../firewall/packet.ts';
import type { Machine } from '../model/machine.ts';
import type { Transport } from '../model/port.ts';
import type { LayerDecision } from '../model/reachability.ts';
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
  const wanted = { transport, port, asked, layers };
  return { now: shut ? 'shut' : 'unknown', lines: LINES[kind]?.(wanted) ?? [] };
}

interface Asked {
  readonly family: Family;
  readonly parts: readonly AnswerPart[];
}

interface Wanted extends OpenPort {
  readonly asked: readonly Asked[];
  readonly layers: readonly Layer[];
}

const LINES: Partial<Record<KindName, (wanted: Wanted) => string[]>> = {
  ufw: ({ transport, port }) => [`ufw allow ${port}/${transport}`],
  firewalld: ({ transport, port }) => [
    `firewall-cmd --add-port=${port}/${transport}`,
    `firewall-cmd --permanent --add-port=${port}/${transport}`,
  ],
  iptables: iptablesLines,
  nftables: nftLines,
};

/** The decisions of one kind's rules that keep the port shut. */
function refusals({ parts }: Asked, kind: KindName): readonly LayerDecision[] {
  const decisions = parts.flatMap((part) => part.decisions);
  return decisions.filter(({ fate, layer }) => layer === kind && fate !== 'accept');
}

/** By the back end whose rules refuse: an accept in the other one changes nothing. */
function iptablesLines({ transport, port, asked }: Wanted): string[] {
  const lines = asked.flatMap((one) => {
    const origins = refusals(one, 'iptables').map(({ origin }) => origin);
    const ends = origins.map((origin) => /tables(-legacy|-nft)/.exec(origin)?.[1] ?? '');
    const program = one.family === 4 ? 'iptables' : 'ip6tables';
    return [...new Set(ends)].map(
      (end) => `${program}${end} -I INPUT -p ${transport} --dport ${port} -j ACCEPT`,
    );
  });
  if (lines.length === 0) return [];
  return [...lines, '# keep them as your host keeps its rules: netfilter-persistent save'];
}

/** At the head of each chain that refuses: an accept behind its drop would come too late. */
function nftLines({ transport, port, asked, layers }: Wanted): string[] {
  const chains = new Set(
    asked.flatMap((one) =>
      refusals(one, 'nftables').flatMap(({ table, chain }) =>
        chainNames(layers, one.family, table, chain),
      ),
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
