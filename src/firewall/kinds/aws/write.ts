import { problem } from '../../../model/errors.ts';
import { allBlocks } from '../../both-families.ts';
import { plainComment, sourcesOf } from '../../change-parts.ts';
import type { Allowance, FileWrite, Intent } from '../../kind.ts';
import { NEEDED_ICMP4, NEEDED_ICMP6 } from '../../needed-icmp.ts';
import type { Permission } from './document.ts';
import { apiPermission } from './permission-text.ts';

function permissionOf({ transport, ports, device, ...allowance }: Allowance): Permission {
  if (device !== undefined)
    throw problem('REMEDY_IMPOSSIBLE', {
      verb: 'write',
      transport,
      port: ports[0],
      kind: 'aws',
      problem: `a security group knows no devices, and it is for ${device} only`,
    });
  const comment = plainComment(allowance.comment ?? '');
  const blocks = allBlocks(sourcesOf({ transport, ports, ...allowance }));
  return {
    protocol: transport,
    from: ports[0],
    to: ports[1],
    blocks: blocks.map((value) => ({
      value,
      ...(comment === '' ? {} : { description: comment }),
    })),
    prefixLists: [],
    groups: [],
  };
}

function icmp(protocol: string, types: readonly number[], value: string): Permission[] {
  return types.map((type) => ({
    protocol,
    from: type,
    to: -1,
    blocks: [{ value }],
    prefixLists: [],
    groups: [],
  }));
}

/** EC2 refuses a rule that is there already, whatever its description. */
function merged(permissions: readonly Permission[], next: Permission): readonly Permission[] {
  const same = ({ protocol, from, to }: Permission) =>
    protocol === next.protocol && from === next.from && to === next.to;
  const known = permissions.find(same);
  if (known === undefined) return [...permissions, next];
  const values = new Set(known.blocks.map(({ value }) => value));
  const blocks = [...known.blocks, ...next.blocks.filter(({ value }) => !values.has(value))];
  return permissions.map((one) => (one === known ? { ...known, blocks } : one));
}

/**
 * The intent as `--ip-permissions` of `aws ec2 authorize-security-group-ingress` take it, and as
 * `describe-security-groups` would show a group that has them.
 */
export function filesOf({ allow }: Intent): readonly FileWrite[] {
  const all: readonly Permission[] = [
    ...icmp('icmp', NEEDED_ICMP4, '0.0.0.0/0'),
    ...icmp('icmpv6', NEEDED_ICMP6, '::/0'),
    ...allow.map(permissionOf),
  ];
  const permissions = all
    .filter(({ blocks }) => blocks.length > 0)
    .reduce(merged, [])
    .map(apiPermission);
  const group = {
    GroupId: 'sg-postern',
    GroupName: 'postern',
    Description: 'Written by Postern',
    IpPermissions: permissions,
  };
  const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return [
    { path: 'ip-permissions.json', text: text(permissions) },
    { path: 'security-groups.json', text: text({ SecurityGroups: [group] }) },
  ];
}
