import type { WindowsList, WindowsRule, WindowsWord } from './document.ts';
import type { Word } from './script-words.ts';

export interface Parameters {
  /** By lower-case name, without the dash. */
  readonly values: ReadonlyMap<string, readonly Word[]>;
  /** Words that belong to no parameter. */
  readonly unnamed: number;
}

const WORD_DEFAULTS: Readonly<Record<WindowsWord, string>> = {
  Protocol: 'Any',
  DynamicTarget: 'Any',
  Program: 'Any',
  Package: '',
  Service: 'Any',
  InterfaceType: 'Any',
  Authentication: 'NotRequired',
  Encryption: 'NotRequired',
  OverrideBlockRules: 'False',
  LocalUser: 'Any',
  RemoteUser: 'Any',
  RemoteMachine: 'Any',
};

const LISTS: readonly WindowsList[] = [
  'LocalPort',
  'RemotePort',
  'IcmpType',
  'LocalAddress',
  'RemoteAddress',
  'InterfaceAlias',
];

/** What decides nothing about a packet. */
const SILENT = [
  'name',
  'id',
  'displayname',
  'description',
  'group',
  'enabled',
  'direction',
  'action',
  'profile',
  'edgetraversalpolicy',
  'policystore',
  'localonlymapping',
  'loosesourcemapping',
  'erroraction',
  'confirm',
  'whatif',
];

class RuleReader {
  private readonly parameters: Parameters;
  private readonly names: Set<string>;

  constructor(parameters: Parameters) {
    this.parameters = parameters;
    this.names = new Set(parameters.values.keys());
  }

  read(line: number): WindowsRule {
    const name = this.word('Name') ?? this.word('DisplayName') ?? `line ${line}`;
    const profiles = this.list('Profile')?.flatMap((text) =>
      text.split(',').map((word) => word.trim()),
    );
    const words = this.words();
    const lists = this.lists();
    const strange = this.strange();
    return {
      name,
      displayName: this.word('DisplayName') ?? '',
      group: this.word('Group') ?? '',
      enabled: this.word('Enabled')?.toLowerCase() !== 'false',
      inbound: this.word('Direction')?.toLowerCase() !== 'outbound',
      action: this.word('Action')?.toLowerCase() === 'block' ? 'Block' : 'Allow',
      ...(profiles === undefined || profiles.some((one) => one.toLowerCase() === 'any')
        ? {}
        : { profiles }),
      local: true,
      words: strange.length === 0 ? words : { ...words, DynamicTarget: strange.join(' ') },
      lists,
      line,
    };
  }

  private values(key: string): readonly Word[] | undefined {
    return this.parameters.values.get(key.toLowerCase());
  }

  private list(key: string): readonly string[] | undefined {
    return this.values(key)?.map(({ text }) => text);
  }

  private word(key: string): string | undefined {
    return this.list(key)?.[0];
  }

  private words(): Record<WindowsWord, string> {
    const words: Record<WindowsWord, string> = { ...WORD_DEFAULTS };
    for (const key of Object.keys(WORD_DEFAULTS) as WindowsWord[]) {
      const values = this.values(key);
      if (values === undefined) continue;
      this.names.delete(key.toLowerCase());
      const [first] = values;
      words[key] = key === 'Protocol' ? canonicalProtocol(first?.text ?? '$') : switchText(first);
    }
    return words;
  }

  private lists(): Partial<Record<WindowsList, readonly string[]>> {
    const lists: Partial<Record<WindowsList, readonly string[]>> = {};
    for (const key of LISTS) {
      const values = this.values(key);
      this.names.delete(key.toLowerCase());
      lists[key] = values?.map(({ text }) => canonicalKeyword(text)) ?? ['Any'];
    }
    return lists;
  }

  /** Conditions that we do not know, or whose value only PowerShell knows. */
  private strange(): string[] {
    for (const name of SILENT) this.names.delete(name);
    const opaque = ['profile', 'enabled', 'direction', 'action'].filter((name) =>
      this.parameters.values.get(name)?.some((word) => word.opaque),
    );
    const unnamed = this.parameters.unnamed > 0 ? ['words without a parameter'] : [];
    return [...this.names, ...opaque].map((name) => `-${name}`).concat(unnamed);
  }
}

function canonicalProtocol(text: string): string {
  const known = ['TCP', 'UDP', 'ICMPv4', 'ICMPv6', 'Any'];
  return known.find((name) => name.toLowerCase() === text.toLowerCase()) ?? text;
}

function canonicalKeyword(text: string): string {
  return text.toLowerCase() === 'any' ? 'Any' : text;
}

/** A switch without value, or `$true`, is set. */
function switchText(word: Word | undefined): string {
  if (word === undefined || word.text.toLowerCase() === '$true') return 'True';
  return word.text.toLowerCase() === '$false' ? 'False' : canonicalKeyword(word.text);
}

/** The rule that one New-NetFirewallRule command makes; what it leaves out has the cmdlet's default. */
export function ruleOf(parameters: Parameters, line: number): WindowsRule {
  return new RuleReader(parameters).read(line);
}
