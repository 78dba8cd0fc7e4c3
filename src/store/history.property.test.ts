import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LookOf, lookOf } from '../../test/helpers/stored-looks.ts';
import { evidenceOf } from './evidence.ts';
import { SILENCES_TO_CLOSE } from './history.ts';
import { advanceHost, type HostKnown } from './host-step.ts';
import { portsIn } from './port-set.ts';
import type { FindingRow, IntervalRow } from './schema.ts';

const ADDRESS = '192.0.2.7';
const PORTS = [22, 80, 443, 8080];
const STATES = ['open', 'closed', 'filtered', 'unreachable', 'local-error'] as const;

interface Look {
  readonly scope: readonly number[];
  readonly states: readonly (typeof STATES)[number][];
}

const look: fc.Arbitrary<Look> = fc.record({
  scope: fc.subarray(PORTS, { minLength: 1 }),
  states: fc.tuple(...PORTS.map(() => fc.constantFrom(...STATES))),
});

function reportOf({ scope, states }: Look, at: number) {
  const saw: NonNullable<LookOf['hosts'][string]> = Object.fromEntries(
    PORTS.map((port, index) => [port, states[index] ?? 'closed']),
  );
  return lookOf({ at, tcp: scope.join(','), hosts: { [ADDRESS]: saw } });
}

/** The store, in memory: what `recordLook` reads and writes. */
class Memory {
  intervals = new Map<string, IntervalRow>();
  findings = new Map<string, FindingRow>();
  host: HostKnown['host'];
  #ids = 0;

  record(report: ReturnType<typeof lookOf>): ReturnType<typeof advanceHost> {
    const [host] = report.hosts;
    if (host === undefined) throw new Error('the look has no host');
    const { endedAt, scope, id } = report.scan;
    const known = {
      host: this.host,
      intervals: [...this.intervals.values()].filter(({ ended_at }) => ended_at === null),
      findings: [...this.findings.values()].reverse(),
      inside: -1,
    };
    const seen = {
      evidence: evidenceOf(host, scope),
      host,
      findings: report.findings,
      covered: () => false,
    };
    const at = Date.parse(endedAt);
    const newId = () => `${(this.#ids += 1)}`;
    const common = { tenant: 'local', vantage: 'here', view: 'outside' as const, scan: id };
    const steps = advanceHost(known, seen, { ...common, at, newId });
    for (const row of steps.intervals) {
      this.intervals.set(`${row.transport}/${row.port}/${row.first_seen}`, row);
    }
    for (const row of steps.findings) this.findings.set(row.id, row);
    this.host = steps.host ?? this.host;
    return steps;
  }

  stateOf(port: number): string | undefined {
    return [...this.intervals.values()].find((row) => row.port === port && row.ended_at === null)
      ?.state;
  }
}

/**
 * The rules of history, port by port, with the true states in hand. The store sees less: only
 * counts of what is not open. It may know later, never wrongly: `maybe` are the states it may have.
 */
class Naive {
  state: 'never' | 'open' | 'shut' = 'never';
  quiet = 0;

  see(inScope: boolean, state: string, mixed: boolean): void {
    if (!inScope || (state === 'local-error' && !mixed)) return;
    if (state === 'open') {
      this.state = 'open';
      this.quiet = 0;
      return;
    }
    if (this.state !== 'open') return;
    this.quiet += 1;
    if ((state === 'closed' && !mixed) || this.quiet >= SILENCES_TO_CLOSE) {
      this.state = 'shut';
      this.quiet = 0;
    }
  }
}

it('says of every port what a naive model says that is told the whole truth', () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
      const memory = new Memory();
      const naive = new Map(PORTS.map((port) => [port, new Naive()]));
      looks.forEach((one, index) => {
        memory.record(reportOf(one, (index + 1) * 60_000));
        const unlisted = one.scope
          .map((port) => one.states[PORTS.indexOf(port)] ?? 'closed')
          .filter((state) => state !== 'open');
        const failed = unlisted.includes('local-error');
        const mixed = new Set(unlisted).size > 1;
        for (const [port, model] of naive) {
          const state = one.states[PORTS.indexOf(port)] ?? 'closed';
          // which of the unlisted ports was never asked is not known: none counts as covered
          const inScope = one.scope.includes(port) && (state === 'open' || !failed);
          model.see(inScope, state, mixed);
          const known = memory.stateOf(port);
          expect(known === undefined ? 'never' : known === 'open' ? 'open' : 'shut').toBe(
            model.state,
          );
        }
      });
    }),
    { numRuns: 300 },
  );
});

it('never closes what lay outside the scope, and resolves no finding there', () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 20 }), (looks) => {
      const memory = new Memory();
      memory.record(
        lookOf({ at: 1000, tcp: '5432', hosts: { [ADDRESS]: { 5432: { severity: 'high' } } } }),
      );
      looks.forEach((one, index) => memory.record(reportOf(one, (index + 1) * 60_000)));
      expect(memory.stateOf(5432)).toBe('open');
      expect([...memory.findings.values()].map(({ status }) => status)).toEqual(['open']);
    }),
  );
});

it('keeps the intervals of a port in order, one at most without an end, none overlapping', () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
      const memory = new Memory();
      looks.forEach((one, index) => memory.record(reportOf(one, (index + 1) * 60_000)));
      for (const port of portsIn('22,80,443,8080')) {
        const rows = [...memory.intervals.values()].filter((row) => row.port === port);
        rows.sort((a, b) => a.first_seen - b.first_seen);
        rows.forEach((row, index) => {
          const next = rows[index + 1];
          expect(row.ended_at).toBe(next === undefined ? null : next.first_seen);
          expect(row.last_seen).toBeLessThanOrEqual(row.last_covered);
        });
      }
    }),
  );
});
