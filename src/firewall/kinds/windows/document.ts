import { quote, syntaxFault } from '../../fault.ts';
import { type Json, type JsonRecord, readJson, type Shapes, shapesOf } from '../../json-text.ts';
import type { Source } from '../../kind.ts';
import { WINDOWS_SCHEMA } from './collect.ts';

/** Names of a rule's conditions that are one word each. */
const WORDS = [
  'Protocol',
  'DynamicTarget',
  'Program',
  'Package',
  'Service',
  'InterfaceType',
  'Authentication',
  'Encryption',
  'OverrideBlockRules',
  'LocalUser',
  'RemoteUser',
  'RemoteMachine',
] as const;

/** Names of a rule's conditions that are lists, any of whose members may match. */
const LISTS = [
  'LocalPort',
  'RemotePort',
  'IcmpType',
  'LocalAddress',
  'RemoteAddress',
  'InterfaceAlias',
] as const;

export type WindowsWord = (typeof WORDS)[number];
export type WindowsList = (typeof LISTS)[number];

/** One rule and its filters. A condition that is absent was not collected; an empty text is `Any`. */
export interface WindowsRule {
  readonly name: string;
  readonly displayName: string;
  readonly group: string;
  readonly enabled: boolean;
  readonly inbound: boolean;
  readonly action: 'Allow' | 'Block';
  /** Absent: all profiles. */
  readonly profiles?: readonly string[];
  /** Of a local store, which a profile may be told to ignore. */
  readonly local: boolean;
  readonly words: Partial<Readonly<Record<WindowsWord, string>>>;
  readonly lists: Partial<Readonly<Record<WindowsList, readonly string[]>>>;
  readonly line?: number;
}

export interface WindowsProfile {
  readonly name: string;
  readonly enabled: boolean;
  readonly defaultInbound: 'accept' | 'drop';
  /** False: nothing comes in, whatever the rules say. */
  readonly inboundRules: boolean;
  readonly localRules: boolean;
  /** Devices that this profile does not filter. */
  readonly exempt: readonly string[];
}

export interface WindowsDocument {
  readonly profiles: readonly WindowsProfile[];
  /** Which profile filters a device; empty when it is not known. */
  readonly connections: readonly { readonly device: string; readonly profile: string }[];
  /** Blocks on the computer's own links; empty when they are not known. */
  readonly subnets: readonly string[];
  readonly rules: readonly WindowsRule[];
  readonly unread: readonly string[];
}

export const PROFILE_NAMES = ['Domain', 'Private', 'Public'] as const;

/** What Windows does where nothing is configured (Set-NetFirewallProfile, DefaultInboundAction). */
export const DEFAULT_PROFILES: readonly WindowsProfile[] = PROFILE_NAMES.map((name) => ({
  name,
  enabled: true,
  defaultInbound: 'drop',
  inboundRules: true,
  localRules: true,
  exempt: [],
}));

class DocumentReader {
  private readonly source: Source;
  private readonly shapes: Shapes;

  constructor(source: Source) {
    this.source = source;
    this.shapes = shapesOf('windows', source);
  }

  read(): WindowsDocument {
    const top = this.shapes.record(readJson('windows', this.source), 'the document');
    if (top.Schema !== WINDOWS_SCHEMA)
      throw this.fault(
        `Schema is ${quote(JSON.stringify(top.Schema ?? null))}, not ${WINDOWS_SCHEMA}`,
      );
    const profiles = this.records(top.Profiles, 'Profiles').map((entry) => this.profile(entry));
    if (profiles.length === 0) throw this.fault('Profiles is empty');
    if (top.Rules === undefined || top.Rules === null) throw this.fault('Rules is absent');
    return {
      profiles,
      connections: this.records(top.Connections, 'Connections').map((entry) => ({
        device: this.need(entry, 'InterfaceAlias'),
        profile: profileOfCategory(this.need(entry, 'NetworkCategory')),
      })),
      subnets: this.records(top.Addresses, 'Addresses').map(
        (entry) =>
          `${this.need(entry, 'IPAddress').split('%', 1)[0]}/${this.shapes.number(entry.PrefixLength, 'PrefixLength')}`,
      ),
      rules: this.records(top.Rules, 'Rules').map((entry) => this.rule(entry)),
      unread: [],
    };
  }

  private fault(problem: string) {
    return syntaxFault('windows', this.source, 1, problem);
  }

  private records(value: Json | undefined, where: string): readonly JsonRecord[] {
    return this.shapes
      .list(value, where)
      .map((entry, at) => this.shapes.record(entry, `${where}[${at}]`));
  }

  private need(entry: JsonRecord, key: string): string {
    const value = this.shapes.text(entry[key], key);
    if (value === undefined || value === '') throw this.fault(`${key} is absent`);
    return value;
  }

  private oneOf<Word extends string>(entry: JsonRecord, key: string, words: readonly Word[]): Word {
    const value = this.need(entry, key);
    const found = words.find((word) => word === value);
    if (found === undefined)
      throw this.fault(`${key} is ${quote(value)}, not one of ${words.join(', ')}`);
    return found;
  }

  private profile(entry: JsonRecord): WindowsProfile {
    const said = (key: string, ...words: readonly string[]) =>
      this.oneOf(entry, key, [...words, 'NotConfigured']);
    return {
      name: this.need(entry, 'Name'),
      enabled: said('Enabled', 'True', 'False') !== 'False',
      defaultInbound:
        said('DefaultInboundAction', 'Allow', 'Block') === 'Allow' ? 'accept' : 'drop',
      inboundRules: said('AllowInboundRules', 'True', 'False') !== 'False',
      localRules: said('AllowLocalFirewallRules', 'True', 'False') !== 'False',
      exempt: this.texts(entry, 'DisabledInterfaceAliases')?.filter(notConfigured) ?? [],
    };
  }

  private rule(entry: JsonRecord): WindowsRule {
    const profiles = this.need(entry, 'Profile')
      .split(',')
      .map((name) => name.trim());
    return {
      name: this.need(entry, 'Name'),
      displayName: this.shapes.text(entry.DisplayName, 'DisplayName') ?? '',
      group: this.shapes.text(entry.Group, 'Group') ?? '',
      enabled: this.oneOf(entry, 'Enabled', ['True', 'False']) === 'True',
      inbound: this.oneOf(entry, 'Direction', ['Inbound', 'Outbound']) === 'Inbound',
      action:
        this.oneOf(entry, 'Action', ['Allow', 'Block', 'NotConfigured'] as const) === 'Allow'
          ? 'Allow'
          : 'Block',
      ...(profiles.includes('Any') ? {} : { profiles }),
      local: this.shapes.text(entry.PolicyStoreSourceType, 'PolicyStoreSourceType') === 'Local',
      words: this.collected(WORDS, (key) => this.shapes.text(entry[key], key)),
      lists: this.collected(LISTS, (key) => this.texts(entry, key)),
    };
  }

  private collected<Key extends string, Value>(
    keys: readonly Key[],
    read: (key: Key) => Value | undefined,
  ): Partial<Record<Key, Value>> {
    const found: Partial<Record<Key, Value>> = {};
    for (const key of keys) {
      const value = read(key);
      if (value !== undefined) found[key] = value;
    }
    return found;
  }

  /** A list; ConvertTo-Json writes one member alone as the member itself. */
  private texts(entry: JsonRecord, key: string): readonly string[] | undefined {
    const value = entry[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return [value];
    return this.shapes
      .list(value, key)
      .map((member, at) => this.shapes.text(member, `${key}[${at}]`) ?? '');
  }
}

function notConfigured(device: string): boolean {
  return device !== '' && device !== 'NotConfigured';
}

/** Get-NetConnectionProfile calls the domain profile by how it is known. */
function profileOfCategory(category: string): string {
  return category.startsWith('Domain') ? 'Domain' : category;
}

/** Reads what COLLECT_WINDOWS printed; throws FIREWALL_SYNTAX. */
export function readDocument(source: Source): WindowsDocument {
  return new DocumentReader(source).read();
}
