import { describe, expect, it } from 'vitest';
import { DAY, HOUR, happening, NOON, rule, Simulation, said } from './simulated.test-helper.ts';

describe('one finding', () => {
  it('is told with what, since when, why, how to close it and where to read on', () => {
    const [message] = new Simulation().hear([happening('a', 'opened')]);
    expect(message).toMatchObject({
      rule: 'rule',
      seq: 1,
      alert: {
        kind: 'incident',
        severity: 'high',
        what: 'door a',
        since: new Date(NOON).toISOString(),
        why: 'It is open.',
        todo: 'Close it.',
        host: 'a.example.org',
        port: 22,
        link: 'https://postern.example/findings/a',
      },
    });
    expect(message?.alert.id).toBe(`${message?.incident}:1`);
  });

  it('is told once, until it changes: severity, end, return', () => {
    const world = new Simulation(rule({ flapping: { changes: 10 } }));
    world.hear([happening('a', 'opened')]);
    expect(world.hear([happening('a', 'changed')])).toEqual([]);
    const rest = [
      world.hear([happening('a', 'changed', { severity: 'critical' })]),
      world.hear([happening('a', 'resolved', { severity: 'critical' })]),
      world.hear([happening('a', 'resolved', { severity: 'critical' })]),
      world.hear([happening('a', 'reopened', { severity: 'critical' })]),
    ];
    expect(rest.map(said)).toEqual([
      ['incident door a: now critical'],
      ['resolved door a'],
      [],
      ['incident door a: it is back'],
    ]);
    expect(new Set(world.messages.map(({ incident }) => incident)).size).toBe(1);
    expect(world.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(rest[1]?.[0]?.alert.why).toBe('the port is closed');
  });

  it('that nobody was told of ends in silence', () => {
    const world = new Simulation();
    expect(world.hear([happening('a', 'resolved')])).toEqual([]);
    expect(world.incidents.size).toBe(0);
  });

  it('is told by the first rule that fits, or by those that are asked further', () => {
    const first = rule({ match: { hosts: ['a.*'] } }, 'first');
    const second = rule({}, 'second');
    const both = [happening('a', 'opened'), happening('b', 'opened')];
    const rules = (...all: readonly (typeof first)[]) =>
      new Simulation(...all).hear(both).map((message) => `${message.rule} ${message.alert.what}`);
    expect(rules(first, second)).toEqual(['first door a', 'second door b']);
    const further = rule({ match: { hosts: ['a.*'] }, goOn: true }, 'first');
    expect(rules(further, second)).toEqual(['first door a', 'second door a', 'second door b']);
  });

  it('that becomes too mild for its rule is told as over there', () => {
    const world = new Simulation(rule({ match: { severity: 'high' } }), rule({}, 'rest'));
    world.hear([happening('a', 'opened')]);
    const told = world.hear([happening('a', 'changed', { severity: 'low' })]);
    expect(said(told)).toEqual(['resolved door a: now low', 'incident door a: now low']);
    expect(world.pass(30 * DAY)).toEqual([]);
  });

  it('is told of only what its rule names', () => {
    const world = new Simulation(rule({ match: { events: ['opened', 'reopened'] } }));
    const events = ['opened', 'resolved', 'reopened'] as const;
    const told = events.flatMap((event) => said(world.hear([happening('a', event)])));
    expect(told).toEqual(['incident door a', 'incident door a: it is back']);
  });
});

describe('an accepted finding', () => {
  const until = NOON + 10 * DAY;

  it('is silent, also when it ends', () => {
    const world = new Simulation();
    expect(world.hear([happening('a', 'opened', { heldUntil: until })])).toEqual([]);
    expect(world.pass(5 * DAY)).toEqual([]);
    expect(world.hear([happening('a', 'resolved')])).toEqual([]);
    expect(world.pass(30 * DAY)).toEqual([]);
  });

  it('gets no reminder, and is told once when its acceptance has ended', () => {
    const world = new Simulation();
    world.hear([happening('a', 'opened')]);
    world.hear([happening('a', 'changed', { heldUntil: until })]);
    expect(said(world.pass(10 * DAY))).toEqual(['incident door a: its acceptance has ended']);
    expect(world.hear([happening('a', 'changed')])).toEqual([]);
  });

  it('is told by the look that finds the acceptance ended, when that is first', () => {
    const world = new Simulation();
    world.hear([happening('a', 'opened', { heldUntil: until })]);
    world.now = until + 1;
    const told = world.hear([happening('a', 'changed')]);
    expect(said(told)).toEqual(['incident door a: its acceptance has ended']);
    expect(said(world.pass(3 * DAY))).toEqual(['reminder door a']);
  });
});

describe('reminders', () => {
  it('come by severity, and not when they are off', () => {
    const world = new Simulation(rule({ reminders: { high: null } }));
    world.hear([happening('a', 'opened', { severity: 'critical' })]);
    world.hear([happening('b', 'opened', { severity: 'high' })]);
    world.hear([happening('c', 'opened', { severity: 'medium' })]);
    const told = world.pass(7 * DAY).map(({ alert }) => alert.what);
    expect(told.filter((what) => what === 'door a')).toHaveLength(6);
    // on the seventh day two are due at once: one list
    expect(told.at(-1)).toBe('2 findings still open');
  });

  it('end with the finding', () => {
    const world = new Simulation();
    world.hear([happening('a', 'opened')]);
    world.hear([happening('a', 'resolved')]);
    expect(world.pass(100 * DAY)).toEqual([]);
  });
});

describe('flapping', () => {
  it('is told once, then it is quiet, and told when it is stable', () => {
    const world = new Simulation();
    const turns = Array.from({ length: 10 }, () => ['resolved', 'reopened'] as const);
    const events = ['opened' as const, ...turns.flat()];
    for (const event of events) {
      world.hear([happening('a', event)]);
      world.pass(HOUR);
    }
    expect(said(world.messages)).toEqual([
      'incident door a',
      'resolved door a',
      'incident door a: it is back',
      'resolved door a',
      'incident door a: it comes and goes',
    ]);
    expect(said(world.pass(DAY))).toEqual([
      'incident door a: it has stopped coming and going and is open',
    ]);
    expect(said(world.hear([happening('a', 'resolved')]))).toEqual(['resolved door a']);
  });

  it('that ends shut is told as resolved', () => {
    const world = new Simulation(rule({ flapping: { changes: 2 } }));
    for (const event of ['opened', 'resolved', 'reopened', 'resolved'] as const) {
      world.hear([happening('a', event)]);
    }
    expect(said(world.pass(2 * DAY))).toEqual(['resolved door a: it has stopped coming and going']);
  });
});

describe('what comes together', () => {
  it('and is about no host says so', () => {
    const silent = (name: string) => {
      const one = happening(name, 'opened');
      return { ...one, subject: `agent:${name}`, facts: { ...one.facts, host: null, port: null } };
    };
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    expect(said(new Simulation().hear(names.map(silent)))).toEqual([
      'incident 30 alerts at once: 30 high',
    ]);
  });

  const many = (count: number, event: 'opened' | 'resolved' = 'opened') =>
    Array.from({ length: count }, (_, index) =>
      happening(`n${index}`, event, index === 7 ? { severity: 'critical' } : {}),
    );

  it.each([1000, 100, 7])('is one message when it is much, heard in parts of %i', (part) => {
    const world = new Simulation();
    const [message, ...others] = world.hear(many(500), part);
    expect(others).toEqual([]);
    expect(message?.alert).toMatchObject({
      kind: 'incident',
      severity: 'critical',
      what: '500 findings at once on over 200 hosts: 1 critical, 499 high',
    });
    expect(message?.alert.entries).toHaveLength(20);
    expect(message?.alert.entries[0]?.what).toBe('door n7');
    expect(said(world.pass(DAY))).toEqual([`reminder ${message?.alert.what}: 500 of 500`]);
    expect(world.hear(many(499, 'resolved').slice(0, 300), part)).toEqual([]);
    const end = world.hear(many(500, 'resolved').slice(300), part);
    expect(said(end)).toEqual([`resolved ${message?.alert.what}`]);
    expect(end[0]?.incident).toBe(message?.incident);
    expect(world.pass(100 * DAY)).toEqual([]);
  });

  it('is each by itself just below that, also in parts', () => {
    for (const part of [1000, 3]) {
      const world = new Simulation();
      expect(world.hear(many(19), part)).toHaveLength(19);
      expect(said(world.hear(many(1, 'resolved')))).toEqual(['resolved door n0']);
    }
  });

  it('on one host is one message that ends when all of it has', () => {
    const world = new Simulation();
    const on = (name: string, port: number, event: 'opened' | 'resolved' = 'opened') =>
      happening(name, event, { host: 'db.example.org', port });
    const told = world.hear([on('a', 1), on('b', 2), happening('c', 'opened')]);
    expect(said(told)).toEqual(['incident 2 findings on one host', 'incident door c']);
    expect(told[0]?.alert).toMatchObject({
      host: 'db.example.org',
      entries: [{ port: 1 }, { port: 2 }],
    });
    expect(world.hear([on('a', 1, 'resolved')])).toEqual([]);
    expect(said(world.hear([on('b', 2, 'resolved')]))).toEqual(['resolved 2 findings on one host']);
    expect(said(world.hear([on('a', 1), on('b', 2)]))).toEqual(['incident 2 findings on one host']);
  });

  it('at several addresses of a host is named once', () => {
    const world = new Simulation();
    const at = (id: string) => {
      const one = happening(id, 'opened', { host: 'db.example.org' });
      return { ...one, facts: { ...one.facts, what: 'Redis is open' } };
    };
    const [message, ...others] = world.hear([at('v4'), at('v6')]);
    expect(others).toEqual([]);
    expect(message?.alert).toMatchObject({ what: 'Redis is open', port: 22, entries: [] });
  });

  it('and leaves its bundle is told by itself from then on', () => {
    const world = new Simulation();
    world.hear(many(30));
    const worse = happening('n1', 'changed', { severity: 'critical' });
    expect(said(world.hear([worse]))).toEqual(['incident door n1: now critical']);
    world.hear([happening('n1', 'resolved', { severity: 'critical' })]);
    const rest = many(30, 'resolved').filter(({ subject }) => subject !== 'finding:n1');
    expect(said(world.hear(rest))).toEqual([expect.stringMatching(/^resolved 30 findings/)]);
  });
});
