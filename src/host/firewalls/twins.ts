import { leavesOut } from '../../firewall/kinds/iptables/save-text.ts';
import { ownedByIptables } from '../../firewall/kinds/nftables/owned.ts';
import type { Layer, Step, Table } from '../../firewall/layer.ts';

/** Commands that tell the tables of a family. */
const COMMANDS: Partial<Record<Table['family'], readonly string[]>> = {
  ip: ['iptables-nft-save', 'iptables-save'],
  ip6: ['ip6tables-nft-save', 'ip6tables-save'],
};

/**
 * Tables of iptables-nft are told by nft as well, with matches that its JSON leaves empty: of each
 * pair the one that is better understood is kept, iptables' where both are. What iptables says it
 * cannot tell is nft's alone.
 */
export function withoutTwins(nft: Layer, iptables: Layer): readonly Layer[] {
  if (nft.unread.length > 0) return [nft, iptables];
  const told = iptables.tables.filter((table) => isBetter(table, twinOf(table, nft), iptables));
  const left = nft.tables.filter((table) => twinOf(table, { tables: told }) === undefined);
  const known = left.flatMap(sentencesOf);
  const unread = iptables.unread.filter((sentence) => !known.includes(sentence));
  return [
    { ...nft, tables: left },
    ...(told.length === 0 && unread.length === 0 ? [] : [{ ...iptables, tables: told, unread }]),
  ];
}

/** How iptables says that it cannot tell this table. */
function sentencesOf({ family, name }: Table): readonly string[] {
  return (COMMANDS[family] ?? []).map((command) => leavesOut(command, name));
}

function twinOf(table: Table, { tables }: Pick<Layer, 'tables'>): Table | undefined {
  return tables.find(({ name, family }) => name === table.name && family === table.family);
}

/** Whether the table as iptables tells it is better than its twin of nft's. */
function isBetter(table: Table, twin: Table | undefined, { unread }: Layer): boolean {
  if (twin === undefined) return true;
  if (sentencesOf(table).some((sentence) => unread.includes(sentence))) return false;
  return ownedByIptables(twin) && opaqueSteps(table) <= opaqueSteps(twin);
}

function opaqueSteps({ chains }: Table): number {
  const steps = chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.steps));
  return steps.filter(isOpaque).length;
}

function isOpaque(step: Step): boolean {
  return 'do' in step ? step.do === 'opaque' : step.test === 'opaque';
}
