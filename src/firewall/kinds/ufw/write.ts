import { readNetwork } from '../../../model/network.ts';
import { addressRanges, cidrsOf } from '../../cidrs.ts';
import type { Allowance, FileWrite, Intent } from '../../kind.ts';
import { FAMILIES, type Family } from '../../layer.ts';
import { NEEDED_ICMP4, NEEDED_ICMP6 } from '../../needed-icmp.ts';
import { linesOf, prefixOf } from './lines.ts';
import { type Tuple, tupleLine } from './tuple.ts';

const SIDES = ['input', 'output', 'forward'];
/** ufw keeps rules to itself. */
const MODE = 0o640;

/** Errors that IP needs, and echo (RFC 1191, RFC 1812); for IPv6 neighbour discovery too (RFC 4890). */
const ICMP: Readonly<Record<Family, readonly number[]>> = {
  4: NEEDED_ICMP4,
  6: NEEDED_ICMP6,
};

const DEFAULTS = `IPV6=yes
DEFAULT_INPUT_POLICY="DROP"
DEFAULT_OUTPUT_POLICY="ACCEPT"
DEFAULT_FORWARD_POLICY="DROP"
DEFAULT_APPLICATION_POLICY="SKIP"
MANAGE_BUILTINS=no
IPT_SYSCTL=/etc/ufw/sysctl.conf
IPT_MODULES=""
`;

/** All of ufw's files; those of the package let more in than an intent says (mDNS, SSDP, DHCP). */
export function write(intent: Intent): readonly FileWrite[] {
  return [
    { path: '/etc/default/ufw', text: DEFAULTS, mode: 0o644 },
    { path: '/etc/ufw/ufw.conf', text: 'ENABLED=yes\nLOGLEVEL=off\n', mode: 0o644 },
    ...FAMILIES.flatMap((family) => {
      const end = family === 4 ? '.rules' : '6.rules';
      return [
        { path: `/etc/ufw/before${end}`, text: beforeText(family), mode: MODE },
        { path: `/etc/ufw/after${end}`, text: tableText(afterChains(family), []), mode: MODE },
        { path: `/etc/ufw/user${end}`, text: userText(intent, family), mode: MODE },
      ];
    }),
  ];
}

function tableText(chains: readonly string[], lines: readonly string[]): string {
  const declared = chains.map((chain) => `:${chain} - [0:0]`);
  return ['*filter', ...declared, ...lines, 'COMMIT', ''].join('\n');
}

function sideChains(family: Family, ...names: readonly string[]): string[] {
  return names.flatMap((name) => SIDES.map((side) => `${prefixOf(family)}-${name}-${side}`));
}

function afterChains(family: Family): string[] {
  return sideChains(family, 'after');
}

function beforeText(family: Family): string {
  const prefix = prefixOf(family);
  const known = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
  const [protocol, type] = family === 4 ? ['icmp', 'icmp-type'] : ['icmpv6', 'icmpv6-type'];
  return tableText(sideChains(family, 'before'), [
    `-A ${prefix}-before-input -i lo -j ACCEPT`,
    `-A ${prefix}-before-output -o lo -j ACCEPT`,
    ...SIDES.map((side) => `-A ${prefix}-before-${side} ${known}`),
    `-A ${prefix}-before-input -m conntrack --ctstate INVALID -j DROP`,
    ...ICMP[family].map(
      (number) => `-A ${prefix}-before-input -p ${protocol} --${type} ${number} -j ACCEPT`,
    ),
  ]);
}

function userText(intent: Intent, family: Family): string {
  const prefix = prefixOf(family);
  const chains = [
    ...sideChains(family, 'user', 'before-logging', 'user-logging', 'after-logging'),
    ...['logging-deny', 'logging-allow', 'user-limit', 'user-limit-accept'].map(
      (name) => `${prefix}-${name}`,
    ),
  ];
  const tuples = intent.allow.flatMap((allowance) => tuplesOf(allowance, family));
  return tableText(chains, [
    '### RULES ###',
    ...tuples.flatMap((tuple) => ['', tupleLine(tuple), ...linesOf(tuple, family)]),
    '',
    '### END RULES ###',
    '',
    '### LOGGING ###',
    '### END LOGGING ###',
    '',
    '### RATE LIMITING ###',
    `-A ${prefix}-user-limit -j REJECT`,
    `-A ${prefix}-user-limit-accept -j ACCEPT`,
    '### END RATE LIMITING ###',
  ]);
}

function tuplesOf(allowance: Allowance, family: Family): Tuple[] {
  const { transport, ports, device = '', comment = '' } = allowance;
  const [first, last] = ports;
  const everywhere = family === 4 ? '0.0.0.0/0' : '::/0';
  return sourcesOf(allowance, family, everywhere).map((source) => ({
    action: 'allow',
    route: false,
    log: '',
    protocol: transport,
    port: first === last ? String(first) : `${first}:${last}`,
    destination: everywhere,
    sourcePort: 'any',
    source,
    application: '',
    sourceApplication: '',
    direction: 'in',
    inDevice: device,
    outDevice: '',
    comment,
  }));
}

function sourcesOf({ from, families }: Allowance, family: Family, everywhere: string): string[] {
  if (from === undefined) return families.includes(family) ? [everywhere] : [];
  const networks = from.flatMap((text) => readNetwork(text) ?? []);
  const own = networks.filter((network) => network.family === family);
  return cidrsOf(family, addressRanges(own)).map(asUfwWrites);
}

/** ufw keeps a single address without its prefix length. */
export function asUfwWrites(block: string): string {
  return block.replace(block.includes(':') ? /\/128$/ : /\/32$/, '');
}
