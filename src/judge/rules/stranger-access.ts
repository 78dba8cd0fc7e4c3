import type { RuleId } from '../../model/rules.ts';
import type { Facts } from '../facts.ts';
import type { FindingRule, Hit } from '../rule.ts';
import type { Subject } from '../subject.ts';

interface Row {
  readonly rule: RuleId;
  readonly protocol: string;
  /** The fact that shows it, as `field: value`; undefined when nothing does. */
  readonly evidence: (facts: Facts, subject: Subject) => string | undefined;
  readonly why: string;
  readonly todo: string;
}

function flagged(facts: Facts, value: boolean, ...names: readonly string[]): string | undefined {
  const name = names.find((field) => facts.flag(field) === value);
  return name === undefined ? undefined : `details.${name}: ${value}`;
}

/** Strangers are we only where the address is public and the way to it is not our own loopback. */
function asStranger({ inside, overLoopback }: Subject): boolean {
  return !inside && !overLoopback;
}

const ROWS: readonly Row[] = [
  {
    rule: 'ftp.anonymous',
    protocol: 'ftp',
    evidence: (facts) =>
      flagged(facts, false, 'authRequired') ?? flagged(facts, true, 'anonymous', 'anonymousLogin'),
    why: 'The FTP server lets anybody in without a password.',
    todo: 'Switch anonymous login off (vsftpd: anonymous_enable=NO), or make sure that nothing can be written there.',
  },
  {
    rule: 'ldap.anonymous-bind',
    protocol: 'ldap',
    evidence: (facts) =>
      flagged(facts, false, 'authRequired') ??
      flagged(facts, true, 'anonymousBind', 'anonymousSearch'),
    why: 'The directory answers anybody, so strangers can list people and accounts.',
    todo: 'Refuse anonymous binds (OpenLDAP: olcDisallows: bind_anon and olcRequires: authc).',
  },
  {
    rule: 'rsync.open-modules',
    protocol: 'rsync',
    evidence: (facts) => {
      const modules = facts.items('modules').map((module) => module.text('name') ?? '');
      return modules.length > 0
        ? `details.modules: ${modules.slice(0, 8).join(', ')}`
        : flagged(facts, false, 'authRequired');
    },
    why: 'The rsync daemon lists its modules to anybody, and modules are whole directory trees.',
    todo: 'Set auth users, secrets file and hosts allow for each module, and list = no; or use rsync over SSH.',
  },
  {
    rule: 'dns.open-recursion',
    protocol: 'dns',
    evidence: (facts, subject) =>
      asStranger(subject) ? flagged(facts, true, 'recursion') : undefined,
    why: 'The name server looks up any name for strangers, so it multiplies attack traffic onto others.',
    todo: 'Allow recursion for your own networks only (BIND: allow-recursion { localnets; };).',
  },
];

function hit(row: Row, subject: Subject): Hit[] {
  if (row.protocol !== subject.protocol) return [];
  const evidence = row.evidence(subject.facts, subject);
  if (evidence === undefined) return [];
  return [{ rule: row.rule, why: row.why, todo: row.todo, evidence: [evidence] }];
}

/** Services that are open by design, where strangers may do more than they should. */
export const strangerAccess: FindingRule = {
  ids: ROWS.map(({ rule }) => rule),
  check(subject) {
    return ROWS.flatMap((row) => hit(row, subject));
  },
};
