import { quote, syntaxFault } from '../../fault.ts';
import {
  isRecord,
  type Json,
  type JsonRecord,
  readJson,
  type Shapes,
  shapesOf,
} from '../../json-text.ts';
import type { Source } from '../../kind.ts';

/** One entry of IpPermissions: ports of one protocol, from any of its sources. */
export interface Permission {
  /** `-1` all, `tcp`, `udp`, `icmp`, `icmpv6` or a number. */
  readonly protocol: string;
  /** ICMP: the type; -1 any. */
  readonly from?: number;
  /** ICMP: the code; -1 any. */
  readonly to?: number;
  /** CIDR blocks of both families. */
  readonly blocks: readonly PermissionSource[];
  readonly prefixLists: readonly PermissionSource[];
  readonly groups: readonly PermissionSource[];
}

export interface PermissionSource {
  /** CIDR block, prefix list id or group id. */
  readonly value: string;
  readonly description?: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export interface AclEntry {
  readonly number: number;
  readonly allow: boolean;
  readonly protocol: string;
  readonly block: string;
  readonly ports?: readonly [number, number];
  readonly icmp?: { readonly type: number; readonly code: number };
}

export interface NetworkAcl {
  readonly id: string;
  readonly subnets: readonly string[];
  /** Inbound ones. */
  readonly entries: readonly AclEntry[];
}

export interface NetworkInterface {
  readonly id: string;
  readonly groups: readonly string[];
  readonly subnet: string;
  /** Private, public and IPv6 ones; prefixes delegated to it too. */
  readonly addresses: readonly string[];
}

export interface AwsDocument {
  readonly groups: readonly SecurityGroup[];
  /** Absent: not given. */
  readonly acls?: readonly NetworkAcl[];
  readonly interfaces?: readonly NetworkInterface[];
  /** CIDR blocks by prefix list id. */
  readonly prefixLists: ReadonlyMap<string, readonly string[]>;
  readonly unread: readonly string[];
}

/** Keys that tell what a document holds. */
export const PARTS = [
  'SecurityGroups',
  'NetworkAcls',
  'NetworkInterfaces',
  'PrefixLists',
  'Entries',
] as const;

class PartReader {
  private readonly source: Source;
  private readonly shapes: Shapes;
  readonly top: JsonRecord;

  constructor(source: Source) {
    this.source = source;
    this.shapes = shapesOf('aws', source);
    const top = readJson('aws', source);
    // a list is what --ip-permissions takes: a group without a name of its own
    this.top = Array.isArray(top)
      ? { SecurityGroups: [{ GroupId: source.origin, IpPermissions: top }] }
      : this.shapes.record(top, 'the document');
    if (!PARTS.some((part) => this.top[part] !== undefined))
      throw syntaxFault('aws', source, 1, `it holds none of ${PARTS.join(', ')}`);
  }

  groups(): SecurityGroup[] {
    return this.records(this.top.SecurityGroups, 'SecurityGroups').map((entry) => {
      if (entry.IpPermissions === undefined)
        throw this.fault(`group ${quote(this.need(entry, 'GroupId'))} has no IpPermissions`);
      return {
        id: this.need(entry, 'GroupId'),
        name: this.shapes.text(entry.GroupName, 'GroupName') ?? '',
        permissions: this.records(entry.IpPermissions, 'IpPermissions').map((permission) =>
          this.permission(permission),
        ),
      };
    });
  }

  acls(): NetworkAcl[] | undefined {
    if (this.top.NetworkAcls === undefined) return undefined;
    return this.records(this.top.NetworkAcls, 'NetworkAcls').map((entry) => ({
      id: this.need(entry, 'NetworkAclId'),
      subnets: this.records(entry.Associations, 'Associations').map((association) =>
        this.need(association, 'SubnetId'),
      ),
      entries: this.records(entry.Entries, 'Entries')
        .filter((rule) => rule.Egress !== true)
        .map((rule) => this.aclEntry(rule))
        .sort((a, b) => a.number - b.number),
    }));
  }

  interfaces(): NetworkInterface[] | undefined {
    if (this.top.NetworkInterfaces === undefined) return undefined;
    return this.records(this.top.NetworkInterfaces, 'NetworkInterfaces').map((entry) => ({
      id: this.need(entry, 'NetworkInterfaceId'),
      groups: this.records(entry.Groups, 'Groups').map((group) => this.need(group, 'GroupId')),
      subnet: this.shapes.text(entry.SubnetId, 'SubnetId') ?? '',
      addresses: [
        ...this.records(entry.PrivateIpAddresses, 'PrivateIpAddresses').flatMap((address) => [
          this.shapes.text(address.PrivateIpAddress, 'PrivateIpAddress'),
          this.publicAddress(address.Association),
        ]),
        this.shapes.text(entry.PrivateIpAddress, 'PrivateIpAddress'),
        this.publicAddress(entry.Association),
        ...this.records(entry.Ipv6Addresses, 'Ipv6Addresses').map((address) =>
          this.shapes.text(address.Ipv6Address, 'Ipv6Address'),
        ),
        ...this.records(entry.Ipv4Prefixes, 'Ipv4Prefixes').map((prefix) =>
          this.shapes.text(prefix.Ipv4Prefix, 'Ipv4Prefix'),
        ),
        ...this.records(entry.Ipv6Prefixes, 'Ipv6Prefixes').map((prefix) =>
          this.shapes.text(prefix.Ipv6Prefix, 'Ipv6Prefix'),
        ),
      ].flatMap((address) => address ?? []),
    }));
  }

  /**
   * Entries of get-managed-prefix-list-entries name no list: they are known by the file's name, or
   * by a `PrefixListId` added to the document.
   */
  prefixLists(): [string, readonly string[]][] {
    const named = this.records(this.top.PrefixLists, 'PrefixLists').flatMap(
      (entry): [string, readonly string[]][] => {
        const cidrs = entry.Cidrs ?? entry.Entries;
        return cidrs === undefined
          ? []
          : [[this.need(entry, 'PrefixListId'), this.blocks(cidrs, 'Cidrs')]];
      },
    );
    // of a list that goes on on another page nobody knows who is not in it
    if (this.top.Entries === undefined || this.unread().length > 0) return named;
    const id =
      this.shapes.text(this.top.PrefixListId, 'PrefixListId') ??
      /\bpl-[0-9a-f]+\b/.exec(this.source.origin)?.[0];
    return id === undefined ? named : [...named, [id, this.blocks(this.top.Entries, 'Entries')]];
  }

  /** A page that is not the last says so. */
  unread(): readonly string[] {
    return typeof this.top.NextToken === 'string' && this.top.NextToken !== ''
      ? [`${this.source.origin}: there are more pages (NextToken)`]
      : [];
  }

  private fault(problem: string) {
    return syntaxFault('aws', this.source, 1, problem);
  }

  private records(value: Json | undefined, where: string): readonly JsonRecord[] {
    return this.shapes
      .list(value, where)
      .map((entry, at) => this.shapes.record(entry, `${where}[${at}]`));
  }

  private need(entry: JsonRecord, key: string): string {
    const value = this.shapes.text(entry[key], key);
    if (value === undefined) throw this.fault(`${key} is absent`);
    return value;
  }

  private publicAddress(association: Json | undefined): string | undefined {
    return isRecord(association) ? this.shapes.text(association.PublicIp, 'PublicIp') : undefined;
  }

  private blocks(value: Json, where: string): readonly string[] {
    return this.shapes
      .list(value, where)
      .map((entry) => (isRecord(entry) ? this.need(entry, 'Cidr') : entry))
      .map((entry, at) => this.shapes.text(entry, `${where}[${at}]`) ?? '');
  }

  private sources(entry: JsonRecord, list: string, key: string): PermissionSource[] {
    return this.records(entry[list], list).map((source) => {
      const description = this.shapes.text(source.Description, 'Description');
      return {
        value: this.need(source, key),
        ...(description === undefined ? {} : { description }),
      };
    });
  }

  private permission(entry: JsonRecord): Permission {
    const from = this.shapes.number(entry.FromPort, 'FromPort');
    const to = this.shapes.number(entry.ToPort, 'ToPort');
    return {
      protocol: this.need(entry, 'IpProtocol'),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      blocks: [
        ...this.sources(entry, 'IpRanges', 'CidrIp'),
        ...this.sources(entry, 'Ipv6Ranges', 'CidrIpv6'),
      ],
      prefixLists: this.sources(entry, 'PrefixListIds', 'PrefixListId'),
      groups: this.sources(entry, 'UserIdGroupPairs', 'GroupId'),
    };
  }

  private aclEntry(entry: JsonRecord): AclEntry {
    const action = this.need(entry, 'RuleAction');
    if (action !== 'allow' && action !== 'deny')
      throw this.fault(`RuleAction is ${quote(action)}, not allow or deny`);
    const block =
      this.shapes.text(entry.CidrBlock, 'CidrBlock') ??
      this.shapes.text(entry.Ipv6CidrBlock, 'Ipv6CidrBlock');
    if (block === undefined) throw this.fault('a network ACL entry has no CidrBlock');
    return {
      number: this.shapes.number(entry.RuleNumber, 'RuleNumber') ?? 32_767,
      allow: action === 'allow',
      protocol: this.need(entry, 'Protocol'),
      block,
      ...this.aclPorts(entry.PortRange),
      ...this.aclIcmp(entry.IcmpTypeCode),
    };
  }

  private aclPorts(value: Json | undefined): Pick<AclEntry, 'ports'> {
    if (!isRecord(value)) return {};
    const from = this.shapes.number(value.From, 'From') ?? 0;
    return { ports: [from, this.shapes.number(value.To, 'To') ?? 65_535] };
  }

  private aclIcmp(value: Json | undefined): Pick<AclEntry, 'icmp'> {
    if (!isRecord(value)) return {};
    const type = this.shapes.number(value.Type, 'Type') ?? -1;
    return { icmp: { type, code: this.shapes.number(value.Code, 'Code') ?? -1 } };
  }
}

function allOf<Part>(parts: readonly (readonly Part[] | undefined)[]): readonly Part[] | undefined {
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? undefined : given.flat();
}

/** Reads a list of permissions as the API writes them. */
export function readPermissionList(source: Source): readonly Permission[] {
  return new PartReader(source).groups().flatMap(({ permissions }) => permissions);
}

/** A group may be in two of the texts. */
function merged(groups: readonly SecurityGroup[]): readonly SecurityGroup[] {
  const byId = new Map<string, SecurityGroup>();
  for (const group of groups) {
    const permissions = [...(byId.get(group.id)?.permissions ?? []), ...group.permissions];
    byId.set(group.id, { ...group, permissions });
  }
  return [...byId.values()];
}

/** Reads outputs of `aws ec2 describe-…`, one text each; throws FIREWALL_SYNTAX. */
export function readAws(sources: readonly Source[]): AwsDocument {
  const parts = sources.map((source) => new PartReader(source));
  const [first] = sources;
  if (!parts.some(({ top }) => top.SecurityGroups !== undefined || top.NetworkAcls !== undefined))
    throw syntaxFault(
      'aws',
      first ?? { origin: 'the rules' },
      1,
      'there are neither SecurityGroups nor NetworkAcls',
    );
  const acls = allOf(parts.map((part) => part.acls()));
  const interfaces = allOf(parts.map((part) => part.interfaces()));
  return {
    groups: merged(parts.flatMap((part) => part.groups())),
    ...(acls === undefined ? {} : { acls }),
    ...(interfaces === undefined ? {} : { interfaces }),
    prefixLists: new Map(parts.flatMap((part) => part.prefixLists())),
    unread: parts.flatMap((part) => part.unread()),
  };
}
