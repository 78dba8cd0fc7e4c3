import { ERRNO } from './errno.ts';
import type { Libc } from './libc.ts';
import { Netlink } from './netlink.ts';
import { readAttributes } from './netlink-message.ts';

/** linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h. */
const NETLINK_NETFILTER = 12;
const GET_TABLE = (10 << 8) | 1;
const NFTA_TABLE_NAME = 1;
/** `struct nfgenmsg`: family, version, resource. */
const HEADER = 4;
/** What a kernel without nf_tables answers. */
const WITHOUT = new Set([-ERRNO.EINVAL, -ERRNO.EPROTONOSUPPORT]);
const FAMILIES = new Map([
  [1, 'inet'],
  [2, 'ip'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
  [10, 'ip6'],
]);

/**
 * The nftables tables of this network namespace, `ip filter` each, as the kernel tells without nft;
 * none where the kernel has no nf_tables. Needs CAP_NET_ADMIN. A negative error number on failure.
 */
export function listNftTables(libc: Libc): readonly string[] | number {
  const netlink = Netlink.open(libc, NETLINK_NETFILTER);
  if (typeof netlink === 'number') return WITHOUT.has(netlink) ? [] : netlink;
  try {
    const tables = new Set<string>();
    const result = netlink.dump(GET_TABLE, new Uint8Array(HEADER), ({ body }) => {
      const name = readAttributes(body, HEADER).get(NFTA_TABLE_NAME);
      const family = FAMILIES.get(body[0] ?? 0) ?? String(body[0]);
      tables.add(`${family} ${name === undefined ? '?' : textOf(name)}`);
    });
    if (result < 0) return WITHOUT.has(result) ? [] : result;
    return [...tables];
  } finally {
    netlink.close();
  }
}

/** The attribute ends with a zero. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
}
