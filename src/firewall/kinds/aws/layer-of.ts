import { ownValue } from '../../../model/own-value.ts';
import { addressSteps, type BothFamilies, readAddresses, without } from '../../both-families.ts';
import type { Chain, Layer, Rule, Step, Table, Test } from '../../layer.ts';
import { rangesOf } from '../../ranges.ts';
import {
  ESTABLISHED,
  numberTest,
  opaqueTest,
  PROTOCOLS,
  protocolTest,
  readNumber,
} from '../../steps.ts';
import { exactFirst } from '../../ways.ts';
import type {
  AclEntry,
  AwsDocument,
  NetworkAcl,
  NetworkInterface,
  Permission,
  SecurityGroup,
} from './document.ts';
import { permissionText } from './permission-text.ts';

const NAMED: Readonly<Record<string, number>> = {
  tcp: PROTOCOLS.tcp,
  udp: PROTOCOLS.udp,
  icmp: PROTOCOLS.icmp,
  icmpv6: PROTOCOLS.icmp6,
};

/** IANA number, null for all protocols (`-1`), undefined for what is not understood. */
function protocolNumber(text: string): number | null | undefined {
  if (text === '-1') return null;
  return ownValue(NAMED, text) ?? readNumber(text, 255) ?? undefined;
}

function icmpTests(type: number | undefined, code: number | undefined): Test[] {
  const test = (field: 'icmp-type' | 'icmp-code', value: number | undefined): Test[] =>
    value === undefined || value < 0 ? [] : [numberTest(field, [value, value + 1])];
  return [...test('icmp-type', type), ...test('icmp-code', code)];
}

function isIcmp(number: number): boolean {
  return number === PROTOCOLS.icmp || number === PROTOCOLS.icmp6;
}

/** Ports of all other protocols that may carry them; -1 or nothing for all. */
function portTests(from: number | undefined, to: number | undefined): Test[] {
  const whole = (from === undefined || from <= 0) && (to === undefined || to < 0 || to >= 65_535);
  if (whole) return [];
  return [numberTest('destination-port', rangesOf([[from ?? 0, to ?? from ?? 0]], 1))];
}

function serviceTests({ protocol, from, to }: Permission): Test[] {
  const number = protocolNumber(protocol);
  if (number === null) return [];
  if (number === undefined) return [opaqueTest(`protocol=${protocol}`)];
  return [
    protocolTest(number),
    ...(isIcmp(number) ? icmpTests(from, to) : carriesPorts(number) ? portTests(from, to) : []),
  ];
}

/** EC2 heeds ports of TCP and UDP only. */
function carriesPorts(number: number): boolean {
  return number === PROTOCOLS.tcp || number === PROTOCOLS.udp;
}

/**
 * Members of a group have addresses of a VPC: private ones, or IPv6. Which of them is told only as
 * far as their interfaces were given, and those may be a part.
 */
const MEMBER_SPACE = readAddresses([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '2000::/3',
  'fc00::/7',
]) as BothFamilies;

function membersOf(group: string, interfaces: readonly NetworkInterface[]): BothFamilies | null {
  const addresses = interfaces
    .filter(({ groups }) => groups.includes(group))
    .flatMap((card) => card.addresses);
  return addresses.length === 0 ? null : readAddresses(addresses);
}

/** Ways in which a permission's sources can match, each with the part of it that they are from. */
function* sourceWays(
  permission: Permission,
  document: AwsDocument,
): Generator<readonly [Permission, readonly Test[]]> {
  const bare = { ...permission, blocks: [], prefixLists: [], groups: [] };
  for (const block of permission.blocks) {
    const addresses = readAddresses([block.value]);
    const tests =
      addresses === null
        ? [opaqueTest(`source=${block.value}`)]
        : addressSteps('source', addresses);
    yield [{ ...bare, blocks: [block] }, tests];
  }
  for (const list of permission.prefixLists) {
    const addresses = readAddresses(document.prefixLists.get(list.value) ?? ['unknown']);
    const tests =
      addresses === null
        ? [opaqueTest(`prefix-list=${list.value}`)]
        : addressSteps('source', addresses);
    yield [{ ...bare, prefixLists: [list] }, tests];
  }
  for (const group of permission.groups) {
    const members = membersOf(group.value, document.interfaces ?? []);
    const part = { ...bare, groups: [group] };
    if (members !== null) yield [part, addressSteps('source', members)];
    const others = members === null ? MEMBER_SPACE : without(MEMBER_SPACE, members);
    yield [part, [...addressSteps('source', others), opaqueTest(`source-group=${group.value}`)]];
  }
}

function groupChain(group: SecurityGroup, document: AwsDocument): Chain {
  const rules: Rule[] = [];
  for (const permission of group.permissions) {
    const tests = serviceTests(permission);
    for (const [part, source] of sourceWays(permission, document)) {
      const comment = [...part.blocks, ...part.prefixLists, ...part.groups][0]?.description;
      rules.push({
        handle: group.id,
        text: permissionText(part),
        ...(comment === undefined ? {} : { comment }),
        steps: [...exactFirst([...tests, ...source]), { do: 'accept' }],
      });
    }
  }
  return { name: group.id, rules };
}

function aclText({ number, allow, protocol, block, ports, icmp }: AclEntry): string {
  return [
    `${number}`,
    allow ? 'allow' : 'deny',
    protocol === '-1' ? 'all' : protocol,
    block,
    ...(ports === undefined ? [] : [`ports ${ports[0]}-${ports[1]}`]),
    ...(icmp === undefined ? [] : [`type ${icmp.type} code ${icmp.code}`]),
  ].join(' ');
}

function aclRule(entry: AclEntry): Rule {
  const { protocol, ports, icmp, block, allow, number } = entry;
  const addresses = readAddresses([block]);
  const source =
    addresses === null ? [opaqueTest(`source=${block}`)] : addressSteps('source', addresses);
  return {
    handle: `${number}`,
    text: aclText(entry),
    steps: [
      ...serviceTests({
        protocol,
        ...(icmp === undefined ? {} : { from: icmp.type, to: icmp.code }),
        ...(ports === undefined ? {} : { from: ports[0], to: ports[1] }),
        blocks: [],
        prefixLists: [],
        groups: [],
      }),
      ...source,
      { do: allow ? 'accept' : 'drop' },
    ],
  };
}

function aclChain(acl: NetworkAcl): Chain {
  return {
    name: acl.id,
    rules: [...acl.entries.map(aclRule), { text: '* deny all', steps: [{ do: 'drop' }] }],
  };
}

function jumps(groups: readonly string[], given: ReadonlySet<string>): Rule[] {
  return groups.map((id) =>
    given.has(id)
      ? { text: id, steps: [{ do: 'jump', chain: id }] }
      : mayAllow(`the security group ${id}, which was not given`),
  );
}

/** Groups only ever let in: one that was not given may let in what the others do not. */
function mayAllow(text: string): Rule {
  return { text, steps: [opaqueTest(`group=${text}`), { do: 'accept' }] };
}

function idsOf({ groups }: AwsDocument): ReadonlySet<string> {
  return new Set(groups.map(({ id }) => id));
}

/** A list was cut into pages, and others of them were not given. */
function isCut({ unread }: AwsDocument): boolean {
  return unread.length > 0;
}

function ownAddresses({ addresses }: NetworkInterface): readonly Test[] {
  const known = readAddresses(addresses);
  return known === null
    ? [opaqueTest(`destination=${addresses.join(',')}`)]
    : addressSteps('destination', known);
}

const ELSEWHERE: Rule = {
  text: 'an address of no network interface that was given',
  steps: [{ do: 'opaque', text: 'destination=unknown' }],
};

function perInterface(
  interfaces: readonly NetworkInterface[],
  chainOf: (card: NetworkInterface) => readonly Step[],
): Rule[] {
  return [
    ...interfaces.map((card) => ({
      text: `${card.id} ${card.addresses.join(' ')}`,
      steps: [...ownAddresses(card), ...chainOf(card)],
    })),
    ELSEWHERE,
  ];
}

/** A load balancer's interface may have none, and is open then. */
const WITHOUT_GROUP: Rule = {
  text: 'a network interface without a security group',
  steps: [{ do: 'opaque', text: 'groups=none' }],
};

/** The groups of one interface: their rules are united, and what none allows is dropped. */
function cardChain(card: NetworkInterface, given: ReadonlySet<string>): Chain {
  if (card.groups.length === 0) return { name: card.id, rules: [WITHOUT_GROUP] };
  return {
    name: card.id,
    rules: [...jumps(card.groups, given), { text: `${card.id}: no rule`, steps: [{ do: 'drop' }] }],
  };
}

function groupTable(document: AwsDocument): Table {
  const { groups, interfaces } = document;
  const given = idsOf(document);
  const others = isCut(document) ? [mayAllow('security groups of pages that were not given')] : [];
  const ways =
    interfaces === undefined
      ? [...jumps([...given], given), ...others]
      : perInterface(interfaces, ({ id }) => [{ do: 'goto', chain: id }]);
  const base: Chain = {
    name: 'security groups',
    hook: { point: 'input', priority: 0, type: 'filter' },
    policy: 'drop',
    rules: [{ text: 'known connections', steps: [ESTABLISHED, { do: 'accept' }] }, ...ways],
  };
  return {
    name: 'security groups',
    family: 'inet',
    chains: [
      base,
      ...(interfaces ?? []).map((card) => cardChain(card, given)),
      ...groups.map((group) => groupChain(group, document)),
    ],
  };
}

function aclRules(document: AwsDocument): Rule[] {
  const { acls = [], interfaces } = document;
  const [first] = acls;
  if (interfaces === undefined && first !== undefined && acls.length === 1 && !isCut(document))
    return [{ text: first.id, steps: [{ do: 'goto', chain: first.id }] }];
  if (interfaces === undefined)
    return [
      {
        text: 'which network ACL is in charge was not given',
        steps: [{ do: 'opaque', text: 'subnet=unknown' }],
      },
    ];
  return perInterface(interfaces, ({ subnet }) => {
    const acl = acls.find(({ subnets }) => subnets.includes(subnet));
    return [
      acl === undefined
        ? { do: 'opaque', text: `subnet=${subnet}` }
        : { do: 'goto', chain: acl.id },
    ];
  });
}

function aclTable(document: AwsDocument): Table {
  const base: Chain = {
    name: 'network ACLs',
    hook: { point: 'input', priority: -10, type: 'filter' },
    policy: 'drop',
    rules: aclRules(document),
  };
  return {
    name: 'network ACLs',
    family: 'inet',
    chains: [base, ...(document.acls ?? []).map(aclChain)],
  };
}

function missing(document: AwsDocument): string[] {
  const { groups, interfaces } = document;
  if (groups.length === 0) return ['no security group was given'];
  const known = idsOf(document);
  return (interfaces ?? []).flatMap((card) =>
    card.groups
      .filter((id) => !known.has(id))
      .map((id) => `${card.id} has the security group ${id}, which was not given`),
  );
}

/** Network ACLs are asked before security groups; both must let a packet through. */
export function layerOf(document: AwsDocument, origin: string, role: Layer['role']): Layer {
  return {
    kind: 'aws',
    origin,
    role,
    tables: [
      ...(document.acls === undefined ? [] : [aclTable(document)]),
      ...(document.groups.length === 0 ? [] : [groupTable(document)]),
    ],
    unread: [...document.unread, ...missing(document)],
  };
}
