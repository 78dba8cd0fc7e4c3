import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../model/port.ts';
import type { Told } from '../../probe/engine.ts';
import { decodeLine, encodeLine } from './line.ts';
import { outcomesOf, Telling } from './told.ts';

const ADDRESS = '192.0.2.7';
const port = fc.integer({ min: 1, max: 65_535 });
const rttMs = fc.integer({ min: 1, max: 3_000_000 }).map((us) => us / 1000);
const kind = fc.constantFrom(
  { transport: 'tcp', state: 'open', reason: 'syn-ack' },
  { transport: 'tcp', state: 'closed', reason: 'rst' },
  { transport: 'udp', state: 'closed', reason: 'icmp-port-unreachable' },
  { transport: 'tcp', state: 'local-error', reason: 'no-route' },
) satisfies fc.Arbitrary<Partial<Outcome>>;
const extra = fc.oneof(
  fc.constant({}),
  fc.record({ rttMs }),
  fc.record({
    stack: fc.record({ ttl: fc.nat(255), window: fc.nat(65_535), options: fc.string() }),
  }),
  fc.record({
    rttMs,
    datagram: fc.record({
      question: fc.string(),
      sent: fc.nat(),
      received: fc.nat(),
      payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    }),
  }),
);
/** No port comes twice, as engines promise. */
const outcomes = fc
  .uniqueArray(fc.tuple(port, kind, extra), { selector: ([number]) => number, maxLength: 60 })
  .map((all) =>
    all.map(
      ([number, facts, more]): Outcome => ({ address: ADDRESS, port: number, ...facts, ...more }),
    ),
  );
const silence = fc
  .uniqueArray(port, { minLength: 1 })
  .map((ports): Told => ({ address: ADDRESS, transport: 'tcp', state: 'filtered', ports }));

function through(told: readonly Told[], timed: ReadonlySet<Outcome['state']>): Outcome[] {
  const telling = new Telling();
  for (const one of told) telling.add(one, timed);
  return telling.entries().flatMap((entry) => {
    const read = decodeLine(Buffer.from(encodeLine(entry).slice(0, -1)));
    if (read?.type !== 'told') throw new Error('it was not read back');
    return outcomesOf(read);
  });
}

const byPort = (all: readonly Outcome[]) => all.toSorted((a, b) => a.port - b.port);

test('outcomes come back as they were', () => {
  fc.assert(
    fc.property(outcomes, (told) => {
      expect(byPort(through(told, new Set(['closed', 'local-error'])))).toEqual(byPort(told));
    }),
  );
});

test('round trips are left out of states that are not listed', () => {
  fc.assert(
    fc.property(outcomes, (told) => {
      const expected = told.map(({ rttMs: rtt, ...rest }) =>
        rest.state === 'open' && rtt !== undefined ? { ...rest, rttMs: rtt } : rest,
      );
      expect(byPort(through(told, new Set()))).toEqual(byPort(expected));
    }),
  );
});

test('silence comes back as an outcome per port', () => {
  fc.assert(
    fc.property(silence, (told) => {
      const back = through([told], new Set());
      const ports = 'ports' in told ? told.ports : [];
      expect(back.map((outcome) => outcome.port)).toEqual(ports.toSorted((a, b) => a - b));
      for (const { state, reason } of back) {
        expect([state, reason]).toEqual(['filtered', 'no-response']);
      }
    }),
  );
});

test('what came to the same is one short line', () => {
  const telling = new Telling();
  for (const at of [443, 8000, 8001, 80, 8002]) {
    const outcome: Outcome = {
      address: ADDRESS,
      transport: 'tcp',
      port: at,
      state: 'closed',
      reason: 'rst',
      rttMs: 1,
    };
    telling.add(outcome, new Set());
  }
  expect(telling.entries()).toEqual([
    {
      type: 'told',
      address: ADDRESS,
      transport: 'tcp',
      state: 'closed',
      reason: 'rst',
      ports: '80,443,8000-8002',
    },
  ]);
});
