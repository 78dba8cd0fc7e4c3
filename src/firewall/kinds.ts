import type { Kind } from './kind.ts';
import { aws } from './kinds/aws/aws.ts';
import { cisco } from './kinds/cisco/cisco.ts';
import { firewalld } from './kinds/firewalld/firewalld.ts';
import { iptables } from './kinds/iptables.ts';
import { nftables } from './kinds/nftables/nftables.ts';
import { opnsense } from './kinds/opnsense/opnsense.ts';
import { pf } from './kinds/pf/pf.ts';
import { ufw } from './kinds/ufw/ufw.ts';
import { windows } from './kinds/windows/windows.ts';
import type { KindName } from './layer.ts';

/** Every firewall kind; one line each. */
export const KINDS: readonly Kind[] = [
  nftables,
  iptables,
  ufw,
  firewalld,
  windows,
  aws,
  pf,
  opnsense,
  cisco,
];

export function kindNamed(name: KindName): Kind {
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`${name} is not in the list of kinds`);
  return kind;
}
