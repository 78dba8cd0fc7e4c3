import type { Allowance, FileWrite, Intent } from '../../kind.ts';
import { FAMILIES, type Family } from '../../layer.ts';
import { NEEDED_ICMP4, NEEDED_ICMP6 } from '../../needed-icmp.ts';
import {
  blocksByFamily,
  commentText,
  deviceText,
  impossible,
  isPort,
  ruleText,
  type Subject,
} from './rule-text.ts';

/** `multiport` takes 15 ports, and a range counts for two (iptables-extensions(8)). */
const MOST_SLOTS = 15;

/** RFC 4890 §4.4.1: must not be dropped; neighbour discovery, multicast listeners and their routers among them. */
const ICMPV6 = [...NEEDED_ICMP6, 130, 131, 132, 141, 142, 143, 148, 149, 151, 152, 153];

/**
 * `/etc/iptables/rules.v4` and `rules.v6`, as netfilter-persistent loads them. Each replaces the
 * filter table of its family whole. Throws REMEDY_IMPOSSIBLE for a block, port or device that is none.
 */
export function writeIptables({ allow }: Intent): readonly FileWrite[] {
  return FAMILIES.map((family) => ({
    path: `/etc/iptables/rules.v${family}`,
    text: tableText(allow, family),
    mode: 0o640,
  }));
}

function tableText(allow: readonly Allowance[], family: Family): string {
  const rules = [
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...icmpRules(family),
    ...grouped(allow).flatMap((group) => allowRules(group, family)),
  ];
  return [
    '# Written by postern: what is not accepted here is dropped.',
    '# Loading it empties the filter table: Docker has to be restarted to put its chains back.',
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...rules,
    'COMMIT',
    '',
  ].join('\n');
}

function icmpRules(family: Family): readonly string[] {
  if (family === 4)
    return NEEDED_ICMP4.map((type) => `-A INPUT -p icmp -m icmp --icmp-type ${type} -j ACCEPT`);
  return ICMPV6.map((type) => `-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j ACCEPT`);
}

/** Allowances that differ in their ports only, which one rule can name. */
function grouped(allow: readonly Allowance[]): readonly (readonly Allowance[])[] {
  const groups = new Map<string, Allowance[]>();
  for (const allowance of allow) {
    const { ports: _, ...rest } = allowance;
    const key = JSON.stringify([
      rest.transport,
      rest.from,
      rest.families,
      rest.device,
      rest.comment,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), allowance]);
  }
  return [...groups.values()];
}

function allowRules(group: readonly Allowance[], family: Family): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { transport, from, families, device, comment } = first;
  const subject: Subject = { verb: 'allow', transport, port: first.ports.join('-') };
  if (from === undefined && !families.includes(family)) return [];
  const sources =
    from === undefined ? [''] : blocksByFamily(from, subject)[family].map((block) => `-s ${block}`);
  const inDevice = device === undefined ? '' : deviceText(device, subject);
  return portMatches(group, subject).flatMap((ports) =>
    sources.map((source) =>
      ruleText('-A INPUT', source, inDevice, ports, commentText(comment ?? ''), '-j ACCEPT'),
    ),
  );
}

function portMatches(group: readonly Allowance[], subject: Subject): readonly string[] {
  const { transport } = subject;
  const lists: { texts: string[]; slots: number }[] = [];
  for (const { ports } of group) {
    const [from, to] = ports;
    if (!isPort(from) || !isPort(to) || to < from) {
      throw impossible({ ...subject, port: ports.join('-') }, 'there are no such ports');
    }
    const slots = from === to ? 1 : 2;
    const last = lists.at(-1);
    const list =
      last === undefined || last.slots + slots > MOST_SLOTS ? { texts: [], slots: 0 } : last;
    if (list !== last) lists.push(list);
    list.texts.push(from === to ? `${from}` : `${from}:${to}`);
    list.slots += slots;
  }
  return lists.map(({ texts }) =>
    texts.length === 1
      ? `-p ${transport} -m ${transport} --dport ${texts[0]}`
      : `-p ${transport} -m multiport --dports ${texts.join(',')}`,
  );
}
