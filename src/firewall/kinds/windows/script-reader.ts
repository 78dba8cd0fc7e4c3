import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import {
  DEFAULT_PROFILES,
  PROFILE_NAMES,
  type WindowsDocument,
  type WindowsProfile,
} from './document.ts';
import { type Parameters, ruleOf } from './script-rule.ts';
import { type Statement, statementsOf, type Word } from './script-words.ts';

type Lookup = ReadonlyMap<string, readonly Word[]>;

function parametersOf(words: readonly Word[]): Parameters {
  const found = new Map<string, readonly Word[]>();
  let unnamed = 0;
  for (let at = 0; at < words.length; ) {
    const word = words[at] as Word;
    at += 1;
    if (!word.parameter) {
      unnamed += 1;
      continue;
    }
    const values: Word[] = [];
    while (at < words.length && !(words[at] as Word).parameter) {
      values.push(words[at] as Word);
      at += 1;
    }
    found.set(word.text.toLowerCase(), values);
  }
  return { values: found, unnamed };
}

/** PowerShell takes them in capitals or not. */
function valuesOf(found: Lookup, key: string): readonly string[] | undefined {
  return found.get(key)?.map(({ text }) => text.toLowerCase());
}

const PROFILE_WORDS = ['any', ...PROFILE_NAMES.map((name) => name.toLowerCase())];

function isOneOf(words: readonly string[], word: string | undefined): boolean {
  return word === undefined || words.includes(word);
}

/** What Set-NetFirewallProfile says of who comes in; the rest of its parameters, as far as they are harmless. */
const HEEDED = ['profile', 'name', 'all', 'enabled', 'defaultinboundaction', 'allowinboundrules'];
const HARMLESS = [
  'defaultoutboundaction',
  'notifyonlisten',
  'allowunicastresponsetomulticast',
  'logfilename',
  'logmaxsizekilobytes',
  'logallowed',
  'logblocked',
  'logignored',
  'erroraction',
];
const BOOLEAN = ['true', 'false', 'notconfigured'];
const ACTION = ['allow', 'block', 'notconfigured'];

/** Set-NetFirewallProfile with plain values; null for anything else it may say. */
function changeProfiles(
  profiles: readonly WindowsProfile[],
  { values, unnamed }: Parameters,
): readonly WindowsProfile[] | null {
  const strange = [...values.keys()].some((key) => ![...HEEDED, ...HARMLESS].includes(key));
  const opaque = HEEDED.some((key) => values.get(key)?.some((word) => word.opaque));
  if (strange || opaque || unnamed > 0) return null;
  const names = valuesOf(values, 'profile') ?? valuesOf(values, 'name');
  const chosen = (profile: WindowsProfile) =>
    names === undefined || names.includes('any') || names.includes(profile.name.toLowerCase());
  const one = (key: string) => valuesOf(values, key)?.[0];
  const enabled = one('enabled');
  const action = one('defaultinboundaction');
  const inbound = one('allowinboundrules');
  const isPlain =
    names?.every((name) => PROFILE_WORDS.includes(name)) !== false &&
    isOneOf(BOOLEAN, enabled) &&
    isOneOf(ACTION, action) &&
    isOneOf(BOOLEAN, inbound);
  if (!isPlain) return null;
  return profiles.map((profile) =>
    chosen(profile)
      ? {
          ...profile,
          ...(enabled === undefined ? {} : { enabled: enabled !== 'false' }),
          ...(action === undefined
            ? {}
            : { defaultInbound: action === 'allow' ? ('accept' as const) : ('drop' as const) }),
          ...(inbound === undefined ? {} : { inboundRules: inbound !== 'false' }),
        }
      : profile,
  );
}

const SAYS_NOTHING = /^(?:\$(?:ErrorAction|Progress)Preference|Write-Host|Write-Output)$/i;

function isHarmless(words: readonly Word[]): boolean {
  const [first] = words;
  return first !== undefined && SAYS_NOTHING.test(first.text) && !words.some(isPipe);
}

function isPipe({ text }: Word): boolean {
  return text === '|';
}

/** `| Out-Null` keeps a command from printing what it made. */
function withoutOutNull({ words }: Statement): readonly Word[] {
  const [pipe, last] = words.slice(-2);
  const silent = pipe !== undefined && isPipe(pipe) && last?.text.toLowerCase() === 'out-null';
  return silent ? words.slice(0, -2) : words;
}

/**
 * Reads a PowerShell script of New-NetFirewallRule and Set-NetFirewallProfile lines as ours are
 * written. Whatever else it says is named in `unread`. Throws FIREWALL_SYNTAX for one that is cut
 * short, or in which there is no such command.
 */
export function readScript(source: Source): WindowsDocument {
  const statements = statementsOf(source);
  const rules = [];
  const unread: string[] = [];
  let profiles: readonly WindowsProfile[] = DEFAULT_PROFILES;
  let known = 0;
  for (const statement of statements) {
    const [command, ...words] = withoutOutNull(statement);
    if (command !== undefined && isHarmless([command, ...words])) continue;
    const where = `${source.origin}, line ${statement.line}`;
    const name = command?.text.toLowerCase();
    if (name === 'new-netfirewallrule') {
      rules.push(ruleOf(parametersOf(words), statement.line));
      known += 1;
      continue;
    }
    const changed =
      name === 'set-netfirewallprofile' ? changeProfiles(profiles, parametersOf(words)) : null;
    if (changed === null) {
      unread.push(`${where}: ${quote(command?.text ?? '')} was not followed`);
      continue;
    }
    profiles = changed;
    known += 1;
  }
  if (known === 0)
    throw syntaxFault('windows', source, 1, 'there is no New-NetFirewallRule command in it');
  return { profiles, connections: [], subnets: [], rules, unread };
}
