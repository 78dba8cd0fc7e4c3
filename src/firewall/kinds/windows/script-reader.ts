import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import { DEFAULT_PROFILES, type WindowsDocument, type WindowsProfile } from './document.ts';
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

function valuesOf(found: Lookup, key: string): readonly string[] | undefined {
  return found.get(key)?.map(({ text }) => text);
}

/** Set-NetFirewallProfile with plain values; null for anything else it may say. */
function changeProfiles(
  profiles: readonly WindowsProfile[],
  { values, unnamed }: Parameters,
): readonly WindowsProfile[] | null {
  const known = ['profile', 'name', 'all', 'enabled', 'defaultinboundaction', 'allowinboundrules'];
  const strange = [...values.keys()].some((key) => !known.includes(key));
  const opaque = [...values.values()].flat().some((word) => word.opaque);
  if (strange || opaque || unnamed > 0) return null;
  const names = valuesOf(values, 'profile') ?? valuesOf(values, 'name');
  const chosen = (profile: WindowsProfile) =>
    names === undefined || names.includes('Any') || names.includes(profile.name);
  const one = (key: string) => valuesOf(values, key)?.[0]?.toLowerCase();
  const enabled = one('enabled');
  const action = one('defaultinboundaction');
  const inbound = one('allowinboundrules');
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

function isHarmless({ words }: Statement): boolean {
  const [first] = words;
  return first !== undefined && /^\$(?:ErrorAction|Progress)Preference$/i.test(first.text);
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
    if (isHarmless(statement)) continue;
    const [command, ...words] = statement.words;
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
