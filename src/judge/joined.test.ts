import { describe, expect, it } from 'vitest';
import { auditOf, type MadeAudit } from '../../test/helpers/made-audits.ts';
import type { SeenOutside } from '../model/audit.ts';
import { doorsOutside, findingOfDoor, joinDoors } from './joined.ts';

const HOST = '192.0.2.7';

function seen(
  state: SeenOutside['state'],
  port = 5432,
  more: Partial<SeenOutside> = {},
): SeenOutside {
  return {
    ...{ address: HOST, transport: 'tcp', port, state, vantage: 'scanner' },
    ...{ at: '2026-01-01T11:00:00.000Z', ...more },
  };
}

function joined(about: MadeAudit, ...looks: readonly SeenOutside[]) {
  return joinDoors(auditOf(about), looks);
}

const OPEN = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] };
const SHUT = { listeners: { 5432: 'postgres' }, rules: [] };

describe('one port by both views', () => {
  it('rests on the inside where nobody looked, and is the verdict of the audit', () => {
    const report = auditOf(OPEN);
    expect(joinDoors(report, [])).toMatchObject([
      { port: 5432, view: 'inside', verdict: report.doors[0]?.verdict, outside: [] },
    ]);
  });

  it('rests on both where they agree, without a contradiction', () => {
    const [door] = joined(OPEN, seen('open'));
    expect(door).toMatchObject({ view: 'both', verdict: { rule: 'exposed.database' } });
    expect(door).not.toHaveProperty('contradiction');
    const [shut] = joined(SHUT, seen('filtered'));
    expect(shut).toMatchObject({ view: 'both', verdict: { rule: 'host.one-layer' } });
    expect(shut).not.toHaveProperty('contradiction');
  });

  it('says that it is open outside though the rules let nobody in', () => {
    const [door] = joined(SHUT, seen('open'));
    expect(door?.verdict).toMatchObject({ rule: 'host.reach-unknown', level: 'unknown' });
    expect(door?.contradiction).toMatch(/open from outside.*nobody is let in.*11:00.*12:00/);
  });

  it.each(['filtered', 'closed', 'unreachable'] as const)(
    'says that it is %s outside though anyone is let in',
    (state) => {
      const [door] = joined(OPEN, seen(state));
      expect(door?.contradiction).toContain(`It is ${state} from outside`);
      expect(door?.verdict.why).toContain(door?.contradiction);
    },
  );

  it('finds nothing odd in an address that the program is not bound to', () => {
    const [door] = joined({ ...OPEN, bind: '127.0.0.1' }, seen('closed'));
    expect(door).not.toHaveProperty('contradiction');
    expect(door?.verdict.rule).toBe('host.loopback');
  });

  it('says that something in between answers for a program on the loopback', () => {
    const [door] = joined({ ...OPEN, bind: '127.0.0.1' }, seen('open'));
    expect(door?.verdict).toMatchObject({ rule: 'host.no-listener', level: 'unknown' });
    expect(door?.contradiction).toContain('on the loopback only');
  });

  it('makes a row of a port that is open outside and has no listener', () => {
    const rows = joined(OPEN, seen('open', 8080), seen('closed', 9090));
    expect(rows.map(({ port }) => port)).toEqual([5432, 8080]);
    expect(rows[1]?.verdict.rule).toBe('host.no-listener');
    const blind = joined({ ...OPEN, blind: 'listeners' }, seen('open', 8080));
    expect(blind[1]?.verdict.rule).toBe('host.reach-unknown');
    expect(blind[1]?.verdict.why).toContain('could not see every listener');
  });

  it('takes a phantom for no open port', () => {
    const rows = joined(
      SHUT,
      seen('open', 5432, { phantom: 'tarpit' }),
      seen('open', 1, { phantom: 'tarpit' }),
    );
    expect(rows.map(({ port }) => port)).toEqual([5432]);
    expect(rows[0]).not.toHaveProperty('contradiction');
  });
});

it('lists by what scans saw alone where there is no audit', () => {
  const verdict = auditOf(OPEN).doors[0]?.verdict;
  if (verdict === undefined) throw new Error('the audit has no door');
  const rows = doorsOutside([
    { look: seen('open'), verdict },
    { look: seen('filtered', 5432, { vantage: 'other' }), verdict: null },
    { look: seen('closed', 22), verdict: null },
  ]);
  expect(rows).toMatchObject([{ port: 5432, view: 'outside', verdict }]);
  expect(rows[0]?.outside.map(({ vantage }) => vantage)).toEqual(['scanner', 'other']);
});

it('makes a finding of what deserves a word, with the facts it rests on', () => {
  const place = { address: HOST, names: ['db1'] };
  const [open] = joined(OPEN, seen('open'));
  const [local] = joined({ ...OPEN, bind: '127.0.0.1' });
  if (open === undefined || local === undefined) throw new Error('a door is missing');
  expect(findingOfDoor(open, place)).toMatchObject({
    ...{ ...place, port: 5432, rule: 'exposed.database', severity: 'high' },
    evidence: ['listener: postgres on 0.0.0.0', `outside: ${HOST} open from scanner`],
  });
  expect(findingOfDoor(local, place)).toBeNull();
});
