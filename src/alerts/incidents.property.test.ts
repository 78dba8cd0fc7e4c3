import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Happening } from './happening.ts';
import type { Message } from './incidents.ts';
import { DAY, HOUR, happening, rule, Simulation } from './simulated.test-helper.ts';

type Move = 'toggle' | 'worse' | 'milder' | 'accept' | 'again';

const LEVELS = ['medium', 'high', 'critical'] as const;

/** A finding as the store would have it, that moves at random and says what happens to it. */
class Finding {
  readonly name: string;
  readonly host: string;
  level = 1;
  open = false;
  seen = false;
  heldUntil: number | null = null;

  constructor(name: string, host: string) {
    this.name = name;
    this.host = host;
  }

  move(move: Move, now: number): Happening | null {
    if (this.heldUntil !== null && this.heldUntil <= now) this.heldUntil = null;
    if (move === 'toggle') this.open = !this.open;
    if (!this.open && move !== 'toggle') return null;
    if (move === 'worse') this.level = Math.min(2, this.level + 1);
    if (move === 'milder') this.level = Math.max(0, this.level - 1);
    if (move === 'accept') this.heldUntil = now + 3 * DAY;
    const opened = this.seen ? 'reopened' : 'opened';
    const toggled = this.open ? opened : 'resolved';
    if (this.open) this.seen = true;
    const severity = LEVELS[this.level] ?? 'high';
    const held = this.open && this.heldUntil !== null ? { heldUntil: this.heldUntil } : {};
    const event = move === 'toggle' ? toggled : 'changed';
    return happening(this.name, event, { severity, host: this.host, ...held });
  }
}

const moves = fc.constantFrom<Move>('toggle', 'toggle', 'toggle', 'worse', 'milder', 'again');
const movesAndAcceptances = fc.constantFrom<Move>('toggle', 'toggle', 'worse', 'accept', 'again');
const pause = fc.integer({ min: 1, max: 72 }).map((hours) => hours * HOUR);
/** What happens in one look: some findings, each at most once. */
const batch = (move: fc.Arbitrary<Move>) =>
  fc.tuple(pause, fc.dictionary(fc.constantFrom('0', '1', '2', '3', '4', '5'), move));
const history = (move: fc.Arbitrary<Move>) =>
  fc.array(batch(move), { minLength: 1, maxLength: 60 });
const OFF = { critical: null, high: null, medium: null };

function live(
  world: Simulation,
  looks: readonly (readonly [number, Readonly<Record<string, Move>>])[],
  hostOf: (name: string) => string = (name) => `h${name}.example.org`,
) {
  const findings = new Map<string, Finding>();
  for (const [wait, moved] of looks) {
    world.pass(wait);
    const happened = Object.entries(moved).flatMap(([name, move]) => {
      const finding = findings.get(name) ?? new Finding(name, hostOf(name));
      findings.set(name, finding);
      return finding.move(move, world.now) ?? [];
    });
    if (happened.length > 0) world.hear(happened);
  }
  return [...findings.values()];
}

function byIncident(messages: readonly Message[]): ReadonlyMap<string, readonly Message[]> {
  const all = new Map<string, Message[]>();
  for (const message of messages) {
    const key = message.incident ?? message.alert.id;
    all.set(key, [...(all.get(key) ?? []), message]);
  }
  return all;
}

it('gives each message an id of its own, in the order of its incident', () => {
  fc.assert(
    fc.property(history(movesAndAcceptances), (looks) => {
      const world = new Simulation();
      live(world, looks, () => 'one.example.org');
      const ids = world.messages.map(({ alert }) => alert.id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const messages of byIncident(world.messages).values()) {
        expect(messages.map(({ seq }) => seq)).toEqual(
          messages.map((_, index) => (messages[0]?.seq === 0 ? 0 : index + 1)),
        );
      }
    }),
  );
});

it('says nothing twice: what follows in an incident is something else, or a reminder', () => {
  fc.assert(
    fc.property(history(moves), (looks) => {
      const world = new Simulation(rule({ reminders: OFF }));
      live(world, looks);
      for (const messages of byIncident(world.messages).values()) {
        const texts = messages.map(({ alert }) => `${alert.kind} ${alert.severity} ${alert.what}`);
        for (const [index, text] of texts.entries()) expect(texts[index + 1]).not.toBe(text);
      }
    }),
  );
});

it('tells every finding that was opened, alone or with others', () => {
  fc.assert(
    fc.property(history(moves), fc.integer({ min: 2, max: 7 }), (looks, mass) => {
      const world = new Simulation(rule({ mass, reminders: OFF }));
      const findings = live(world, looks, (name) => `h${Number(name) % 2}.example.org`);
      const lines = world.messages.flatMap(({ alert }) => [
        alert.what,
        ...alert.entries.map(({ what }) => what),
      ]);
      for (const { name, seen } of findings) {
        const told = lines.some((line) => line.includes(`door ${name}`));
        expect(told).toBe(seen);
      }
    }),
  );
});

it('leaves people knowing how it stands, once there is quiet', () => {
  fc.assert(
    fc.property(history(movesAndAcceptances), (looks) => {
      const world = new Simulation(rule({ reminders: OFF }));
      const findings = live(world, looks);
      world.pass(30 * DAY);
      for (const { name, open } of findings) {
        const told = world.messages.filter(({ alert }) => alert.what.includes(`door ${name}`));
        const last = told.at(-1);
        if (last === undefined) expect(open).toBe(false);
        // what is accepted and then over ends in silence
        else if (open) expect(last.alert.kind).toBe('incident');
      }
    }),
  );
});

it('says in the end what is over, when nothing was accepted', () => {
  fc.assert(
    fc.property(history(moves), (looks) => {
      const world = new Simulation(rule({ reminders: OFF }));
      const findings = live(world, looks);
      world.pass(30 * DAY);
      for (const { name, open, seen } of findings.filter((finding) => finding.seen)) {
        const told = world.messages.filter(({ alert }) => alert.what.includes(`door ${name}`));
        expect([name, told.at(-1)?.alert.kind]).toEqual([name, open ? 'incident' : 'resolved']);
        expect(seen).toBe(true);
      }
    }),
  );
});

it('bounds what a door that flaps says, however fast and long', () => {
  const flaps = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 10, maxLength: 400 });
  const limits = fc.record({
    changes: fc.integer({ min: 2, max: 8 }),
    windowHours: fc.integer({ min: 1, max: 48 }),
    quietHours: fc.integer({ min: 1, max: 48 }),
  });
  fc.assert(
    fc.property(flaps, limits, (minutes, flapping) => {
      const world = new Simulation(rule({ flapping, reminders: OFF }));
      const looks = minutes.map((wait) => [wait * 60_000, { a: 'toggle' as const }] as const);
      live(world, looks);
      const hours = minutes.reduce((sum, wait) => sum + wait, 0) / 60;
      const { changes, windowHours, quietHours } = flapping;
      const windows = Math.ceil(hours / Math.min(windowHours, quietHours)) + 1;
      expect(world.messages.length).toBeLessThanOrEqual(windows * (changes + 2));
      for (const { flips } of world.incidents.values()) {
        expect(flips.length).toBeLessThanOrEqual(changes);
      }
    }),
  );
});

it('hears a batch in parts as it hears it whole', () => {
  const names = fc.uniqueArray(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      names,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 2, max: 30 }),
      (all, part, mass) => {
        const told = (size: number) => {
          const world = new Simulation(rule({ mass }));
          const host = (name: number) => `h${name % 9}.example.org`;
          world.hear(
            all.map((name) => happening(`n${name}`, 'opened', { host: host(name) })),
            size,
          );
          return world.messages.map(({ alert: { what, entries, kind } }) => ({
            what,
            entries,
            kind,
          }));
        };
        expect(told(part)).toEqual(told(1000));
      },
    ),
  );
});
