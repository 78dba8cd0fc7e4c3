import type { Permission, PermissionSource } from './document.ts';

function described({ description }: PermissionSource): { Description?: string } {
  return description === undefined ? {} : { Description: description };
}

/** The entry as the EC2 API takes and gives it (IpPermission), without empty lists. */
export function apiPermission(permission: Permission): Readonly<Record<string, unknown>> {
  const { protocol, from, to, blocks, prefixLists, groups } = permission;
  const ipv6 = ({ value }: PermissionSource) => value.includes(':');
  const lists = {
    IpRanges: blocks
      .filter((block) => !ipv6(block))
      .map((block) => ({ CidrIp: block.value, ...described(block) })),
    Ipv6Ranges: blocks
      .filter(ipv6)
      .map((block) => ({ CidrIpv6: block.value, ...described(block) })),
    PrefixListIds: prefixLists.map((list) => ({ PrefixListId: list.value, ...described(list) })),
    UserIdGroupPairs: groups.map((group) => ({ GroupId: group.value, ...described(group) })),
  };
  return {
    IpProtocol: protocol,
    ...(from === undefined ? {} : { FromPort: from }),
    ...(to === undefined ? {} : { ToPort: to }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

export function permissionText(permission: Permission): string {
  return JSON.stringify(apiPermission(permission));
}
