import type { Conditions, HostItem, Statement } from '../pf/statements.ts';
import type { Interface, Interfaces } from './interfaces.ts';
import { isSet } from './interfaces.ts';
import type { Element } from './xml.ts';

/*
 * What the firewall adds to the rules of its configuration (opnsense/core, src/etc/inc/filter.lib.inc,
 * filter_core_rules_system; pfSense has the same ones).
 */

type Filter = Extract<Statement, { is: 'filter' }>;

function system(
  action: 'pass' | 'block',
  text: string,
  conditions: Partial<Conditions>,
  quick = true,
): Filter {
  return {
    is: 'filter',
    action,
    quick,
    ...(action === 'block' ? { answer: 'drop' as const } : {}),
    conditions: {
      line: 1,
      text: `${action} ${text}`,
      opaque: [],
      limits: [],
      overload: [],
      ...conditions,
    },
  };
}

function blocks(...texts: readonly string[]): readonly HostItem[] {
  return texts.map((text) => ({ not: false, host: { is: 'addresses', text } }));
}

const PRIVATE = blocks(
  '10.0.0.0/8',
  '127.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
);

/**
 * The bogon lists are fetched. What is always in them: special-purpose blocks (RFC 6890) and, of
 * IPv6, all that is no global unicast or link-local address.
 */
const BOGONS = blocks(
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/3',
  '4000::/2',
  '8000::/2',
  'c000::/3',
  'e000::/4',
  'f000::/5',
  'f800::/6',
  '2001:db8::/32',
);

function icmp6(types: readonly string[], hosts?: readonly HostItem[]): Partial<Conditions> {
  return {
    family: 6,
    protocols: ['icmp6'],
    icmp6: types.map((type) => ({ type })),
    ...(hosts === undefined ? {} : { from: { hosts } }),
  };
}

function perInterface({ device, blockPrivate, blockBogons }: Interface): readonly Statement[] {
  const on = [{ not: false, name: device }];
  const block = (text: string, hosts: readonly HostItem[]) =>
    system('block', `in on ${device} from ${text}`, { direction: 'in', on, from: { hosts } });
  return [
    ...(blockBogons ? [block('bogon networks', BOGONS)] : []),
    ...(blockPrivate ? [block('private networks', PRIVATE)] : []),
  ];
}

/** Ports of the web interface and of SSH, which stay open on the inside. */
function lockoutPorts(root: Element): readonly string[] {
  const webgui = root.child('system')?.child('webgui');
  const ssh = root.child('system')?.child('ssh');
  if (isSet(webgui?.child('noantilockout'))) return [];
  const https = webgui?.child('protocol')?.text !== 'http';
  const redirected = https && !isSet(webgui?.child('disablehttpredirect'));
  return [
    webgui?.child('port')?.text || (https ? '443' : '80'),
    ...(redirected ? ['80'] : []),
    ...(ssh === undefined || ssh.child('enabled') === undefined
      ? []
      : [ssh.child('port')?.text || '22']),
  ];
}

function antiLockout(root: Element, interfaces: Interfaces): readonly Statement[] {
  const lan = interfaces.find('lan');
  const alone = interfaces.all.length === 1 ? interfaces.find('wan') : undefined;
  const device = (lan ?? alone)?.device;
  const ports = lockoutPorts(root);
  if (device === undefined || ports.length === 0) return [];
  return [
    system('pass', `in on ${device} tcp to (self) port ${ports.join(',')} (anti-lockout)`, {
      direction: 'in',
      on: [{ not: false, name: device }],
      protocols: ['tcp'],
      to: {
        hosts: [{ not: false, host: { is: 'self' } }],
        ports: ports.map((first) => ({ operator: '=', first })),
      },
    }),
  ];
}

/** In front of the configured rules. A part of a configuration, without `system`, has but the default. */
export function systemRules(root: Element, interfaces: Interfaces): readonly Statement[] {
  const whole = root.child('system');
  const sixOff = whole !== undefined && whole.child('ipv6allow') === undefined;
  const linkLocal = blocks('fe80::/10', 'ff02::/16');
  return [
    ...(sixOff ? [system('block', 'IPv6 (ipv6allow is not set)', { family: 6 })] : []),
    system('block', 'all (default deny)', {}, false),
    system('pass', 'ICMPv6 that IPv6 needs', icmp6(['1', '2', '135', '136'])),
    system(
      'pass',
      'ICMPv6 of the link',
      icmp6(['128', '129', '133', '134', '135', '136'], linkLocal),
    ),
    ...interfaces.all.flatMap(perInterface),
    system('pass', 'out from the firewall', { direction: 'out' }, false),
    ...(whole === undefined ? [] : antiLockout(root, interfaces)),
  ];
}
