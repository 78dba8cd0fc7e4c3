import { allBlocks, type BothFamilies, readAddresses, shared } from '../../both-families.ts';
import { impossible, plainComment, sidesOf } from '../../change-parts.ts';
import type { Change, Command, Script } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { type Permission, readPermissionList } from './document.ts';
import { permissionText } from './permission-text.ts';

/** EC2 takes at most this many rules for an interface, all groups together (Amazon VPC quotas). */
const MOST_RULES = 1_000;

interface Edit {
  readonly group: string;
  readonly permission: Permission;
}

interface Plan {
  readonly add: Edit[];
  readonly remove: Edit[];
  readonly warnings: Set<string>;
}

/** Reads the text of a rule of ours back; null for a rule that is no permission. */
function readPermission(text: string): Permission | null {
  if (!text.startsWith('{')) return null;
  return readPermissionList({ origin: 'a rule', text: `[${text}]` })[0] ?? null;
}

function existingOf(layers: readonly Layer[]): Edit[] {
  return layers
    .filter(({ kind }) => kind === 'aws')
    .flatMap(({ tables }) => tables)
    .filter(({ name }) => name === 'security groups')
    .flatMap(({ chains }) => chains)
    .flatMap(({ rules }) => rules)
    .flatMap(({ handle, text }) => {
      const permission = handle === undefined ? null : readPermission(text);
      return handle === undefined || permission === null ? [] : [{ group: handle, permission }];
    });
}

const NUMBERS: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp' };

function lets({ protocol, from, to }: Permission, change: Change): boolean {
  if (protocol === '-1') return true;
  if ((NUMBERS[protocol] ?? protocol) !== change.transport) return false;
  const last = to === undefined || to < 0 ? 65_535 : to;
  return change.port >= (from ?? 0) && change.port <= last;
}

/** What is left of a permission without the port, from the same sources. */
function otherPorts(permission: Permission, port: number): Permission[] {
  const { from = 0, to = 65_535 } = permission;
  const first = Math.max(from, 0);
  const last = to < 0 ? 65_535 : to;
  return [
    ...(first < port ? [{ ...permission, from: first, to: port - 1 }] : []),
    ...(last > port ? [{ ...permission, from: port + 1, to: last }] : []),
  ];
}

function narrowed(permission: Permission, change: Change, allowed: BothFamilies): Permission[] {
  const sources = readAddresses(permission.blocks.map(({ value }) => value));
  if (sources === null || permission.blocks.length === 0) return [];
  const blocks = allBlocks(shared(sources, allowed));
  if (blocks.length === 0) return [];
  const description = plainComment(change.reason);
  return [
    {
      protocol: change.transport,
      from: change.port,
      to: change.port,
      blocks: blocks.map((value) => ({ value, description })),
      prefixLists: [],
      groups: [],
    },
  ];
}

function familyOf({ blocks }: Permission): 4 | 6 | null {
  const [block] = blocks;
  return block === undefined ? null : block.value.includes(':') ? 6 : 4;
}

function planOne(edit: Edit, change: Change, allowed: BothFamilies, plan: Plan): void {
  const { group, permission } = edit;
  const family = familyOf(permission);
  if (!lets(permission, change) || (family !== null && !change.families.includes(family))) return;
  const source = [...permission.blocks, ...permission.prefixLists, ...permission.groups][0]?.value;
  if (permission.protocol === '-1')
    throw impossible(
      change,
      'aws',
      `${group} lets all protocols in from ${source}; narrow that rule by hand first`,
    );
  const kept = narrowed(permission, change, allowed);
  const same = kept.length === 1 && sameService(kept[0] as Permission, permission);
  if (same && samePlaces(kept[0] as Permission, permission)) return;
  if (family === null && change.only !== undefined)
    plan.warnings.add(`${source} is no longer let in: who belongs to it is not known here.`);
  plan.remove.push(edit);
  const rest = otherPorts(permission, change.port);
  for (const added of [...rest, ...kept]) plan.add.push({ group, permission: added });
}

function sameService(a: Permission, b: Permission): boolean {
  return (NUMBERS[b.protocol] ?? b.protocol) === a.protocol && a.from === b.from && a.to === b.to;
}

function samePlaces(a: Permission, b: Permission): boolean {
  const values = ({ blocks }: Permission) => blocks.map(({ value }) => value).join();
  return values(a) === values(b);
}

/** EC2 refuses what is there already; descriptions do not count. */
function bareKey({ group, permission }: Edit): string {
  const bare = (sources: Permission['blocks']) => sources.map(({ value }) => ({ value }));
  const { blocks, prefixLists, groups } = permission;
  return `${group} ${permissionText({
    ...permission,
    blocks: bare(blocks),
    prefixLists: bare(prefixLists),
    groups: bare(groups),
  })}`;
}

function withoutExisting(plan: Plan, existing: readonly Edit[]): Plan {
  const gone = new Set(plan.remove.map(bareKey));
  const there = new Set(existing.map(bareKey).filter((key) => !gone.has(key)));
  const add: Edit[] = [];
  for (const edit of plan.add) {
    const key = bareKey(edit);
    if (!there.has(key)) add.push(edit);
    there.add(key);
  }
  return { ...plan, add };
}

function commands(verb: 'authorize' | 'revoke', edits: readonly Edit[]): Command[] {
  return [...new Set(edits.map(({ group }) => group))].map((group) => ({
    argv: [
      'aws',
      'ec2',
      `${verb}-security-group-ingress`,
      '--group-id',
      group,
      '--ip-permissions',
      `[${edits
        .filter((edit) => edit.group === group)
        .map(({ permission }) => permissionText(permission))
        .join(',')}]`,
    ],
  }));
}

function shown(list: readonly Command[]): string {
  return list
    .map(({ argv }) => argv.map((word) => (/^[\w./-]+$/.test(word) ? word : `'${word}'`)).join(' '))
    .join('\n');
}

/**
 * Revokes exactly what lets the port in, after authorizing what shall remain of it: other ports of
 * the same rule, and the narrower sources. A group has no rule that refuses.
 */
export function changeAws(change: Change, layers: readonly Layer[]): Script {
  if (change.device !== undefined)
    throw impossible(change, 'aws', 'a security group knows no devices of the host');
  const { allowed } = sidesOf(change, 'aws');
  const existing = existingOf(layers);
  const draft: Plan = { add: [], remove: [], warnings: new Set() };
  for (const edit of existing) planOne(edit, change, allowed, draft);
  if (draft.remove.length === 0)
    throw impossible(change, 'aws', 'no security group that was read lets more in than this');
  const { add, remove, warnings } = withoutExisting(draft, existing);
  const count = add.reduce((sum, { permission }) => sum + permission.blocks.length, 0);
  if (count > MOST_RULES)
    throw impossible(change, 'aws', `${count} rules are more than the ${MOST_RULES} of a group`);
  const apply = [...commands('authorize', add), ...commands('revoke', remove)];
  const undo = [...commands('authorize', remove), ...commands('revoke', add)];
  return {
    kind: 'aws',
    apply,
    undo,
    persist: [],
    touches: [],
    text: `# ${plainComment(change.reason)}\n${shown(apply)}\n# to take it back:\n${shown(undo).replaceAll(/^/gm, '# ')}\n`,
    warnings: [
      'Connections that are open already stay open: security groups keep track of them.',
      'Every machine with the same security group is affected.',
      ...(count > 60
        ? [`${count} rules are added; a group takes 60 unless its quota was raised.`]
        : []),
      ...warnings,
    ],
  };
}
