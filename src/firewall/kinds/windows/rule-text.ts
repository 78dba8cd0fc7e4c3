import type { WindowsRule } from './document.ts';

/** A PowerShell literal: single quotes, doubled inside (about_Quoting_Rules); also the curly ones. */
export function literal(text: string): string {
  if (/^[A-Za-z0-9_.:/][A-Za-z0-9_.:/-]*$/.test(text)) return text;
  const line = text.replaceAll(/[\r\n]+/g, ' ');
  return `'${line.replaceAll(/['\u2018\u2019\u201A\u201B]/g, '$&$&')}'`;
}

function parameter(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`-${name} ${values.map(literal).join(',')}`];
}

function said(values: readonly string[]): boolean {
  return !values.some((value) => value === '' || value === 'Any');
}

const DEFAULT_WORDS = ['NotRequired', 'False'];

/** The rule as the command that makes it, one line. */
export function ruleText(rule: WindowsRule): string {
  const words = Object.entries(rule.words)
    .filter(([, value]) => said([value]) && !DEFAULT_WORDS.includes(value))
    .flatMap(([name, value]) => parameter(name, [value]));
  const lists = Object.entries(rule.lists)
    .filter(([, values]) => said(values))
    .flatMap(([name, values]) => parameter(name, values));
  return [
    'New-NetFirewallRule',
    ...parameter('Name', [rule.name]),
    ...parameter('DisplayName', [rule.displayName || rule.name]),
    ...(rule.group === '' ? [] : parameter('Group', [rule.group])),
    ...(rule.enabled ? [] : ['-Enabled False']),
    `-Direction ${rule.inbound ? 'Inbound' : 'Outbound'}`,
    `-Action ${rule.action}`,
    ...parameter('Profile', rule.profiles ?? []),
    ...words,
    ...lists,
  ].join(' ');
}
