import { describe, expect, it } from 'vitest';
import type { AuditedListener, OutsideLook } from '../model/audit.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { Reachability, ReachPart } from '../model/reachability.ts';
import { type DoorFacts, judgeDoor } from './door.ts';

const CONTEXT = { addresses: ['192.0.2.7'], names: [], now: '2026-11-25T00:00:00Z' };

function part(fate: ReachPart['fate'], from: readonly string[], rule = 'tcp dport 5432 accept') {
  const decision = { layer: 'nftables', origin: 'nft', table: 'inet f', chain: 'input', fate };
  return { fate, from, conditions: [], decisions: [{ ...decision, rule: { text: rule } }] };
}

function reaching(port: number, reach: Reachability['reach'], parts: readonly ReachPart[]) {
  return { family: 4, transport: 'tcp', port, reach, parts } as const;
}

const ANYONE = (port: number) => reaching(port, 'anyone', [part('accept', ['0.0.0.0/0'])]);
const NOBODY = (port: number) => reaching(port, 'nobody', [part('drop', ['0.0.0.0/0'])]);

function listening(
  program: string,
  more: Partial<AuditedListener> = {},
): DoorFacts['listeners'][0] {
  return {
    ...{ transport: 'tcp', bind: '0.0.0.0', families: [4], scope: 'all', port: 5432 },
    ...{ namespace: 'host', program, unseen: [], reachability: [], ...more },
  };
}

function door(more: Partial<DoorFacts> & Pick<DoorFacts, 'reachability'>): DoorFacts {
  return {
    ...{ transport: 'tcp', port: 5432, listeners: [listening('postgres')] },
    ...{ publications: [], blockedBy: [], ...more },
  };
}

function expecting(from?: readonly string[]): Policy {
  const expectation = { ports: [[5432, 5432]], transport: 'tcp', ...(from && { from }) } as const;
  return { ...NO_POLICY, rules: [{ hosts: ['*'], expect: [expectation], only: false }] };
}

function look(state: OutsideLook['state']): readonly OutsideLook[] {
  return [{ address: '192.0.2.7', state, vantage: 'elsewhere' }];
}

describe('a port with a listener', () => {
  it('is to be closed when it is a database that anyone reaches, and names the rule', () => {
    const verdict = judgeDoor(door({ reachability: [ANYONE(5432)] }), NO_POLICY, CONTEXT);
    expect(verdict).toMatchObject({ level: 'close', severity: 'high', rule: 'exposed.database' });
    expect(verdict.why).toContain('Reachable from anyone (nftables: tcp dport 5432 accept)');
  });

  it('is to be restricted to the networks of the policy', () => {
    const verdict = judgeDoor(
      door({ reachability: [ANYONE(5432)] }),
      expecting(['10.0.0.0/8']),
      CONTEXT,
    );
    expect(verdict).toMatchObject({ level: 'restrict', rule: 'host.wider-than-policy' });
    expect(verdict.todo).toContain('postern restrict 5432 --from 10.0.0.0/8');
  });

  it('is as expected when only networks of the policy get in', () => {
    const some = reaching(5432, 'networks', [
      part('accept', ['10.1.0.0/16']),
      part('drop', ['0.0.0.0/5']),
    ]);
    const verdict = judgeDoor(door({ reachability: [some] }), expecting(['10.0.0.0/8']), CONTEXT);
    expect(verdict).toMatchObject({ level: 'expected', rule: 'policy.expected' });
  });

  it('is not as expected where others than the policy names may get in', () => {
    const inner = reaching(5432, 'unknown', [
      part('accept', ['10.1.0.0/16']),
      part('unknown', ['10.2.0.0/16'], 'bpf 5'),
    ]);
    const more = { ...inner, parts: [...inner.parts, part('unknown', ['8.0.0.0/8'], 'bpf 6')] };
    const judged = (one: Reachability) =>
      judgeDoor(door({ reachability: [one] }), expecting(['10.0.0.0/8']), CONTEXT);
    expect(judged(inner).rule).toBe('policy.expected');
    expect(judged(more)).toMatchObject({ level: 'unknown', rule: 'host.reach-unknown' });
    expect(judged(more).why).toContain('bpf 6');
  });

  it('stands as it should when only inner networks get in, and not when others do', () => {
    const from = (...sources: readonly string[]) =>
      door({ reachability: [reaching(5432, 'networks', [part('accept', sources)])] });
    const inner = from('10.66.0.0/15', '192.168.4.0/24');
    const foreign = from('10.66.0.0/15', '198.51.100.0/24');
    expect(judgeDoor(inner, NO_POLICY, CONTEXT)).toMatchObject({
      level: 'expected',
      rule: 'host.restricted',
    });
    expect(judgeDoor(foreign, NO_POLICY, CONTEXT).rule).toBe('exposed.database');
    const telnet = { ...inner, port: 23, listeners: [listening('in.telnetd', { port: 23 })] };
    expect(judgeDoor(telnet, NO_POLICY, CONTEXT).level).toBe('close');
  });

  it('is fine on the loopback, whatever the firewall lets through', () => {
    const listeners = [listening('postgres', { bind: '127.0.0.1', scope: 'loopback' })];
    const verdict = judgeDoor(
      door({ listeners, reachability: [ANYONE(5432)] }),
      NO_POLICY,
      CONTEXT,
    );
    expect(verdict).toMatchObject({ level: 'expected', rule: 'host.loopback' });
  });

  it('stands behind one layer only', () => {
    const facts = door({ reachability: [NOBODY(5432)], blockedBy: ['aws'] });
    const verdict = judgeDoor(facts, NO_POLICY, CONTEXT);
    expect(verdict).toMatchObject({ level: 'restrict', rule: 'host.one-layer' });
    expect(verdict.why).toContain('only one layer, aws');
  });

  it('is closed well behind two', () => {
    const facts = door({ reachability: [NOBODY(5432)], blockedBy: ['aws', 'nftables'] });
    expect(judgeDoor(facts, NO_POLICY, CONTEXT).rule).toBe('host.blocked');
  });

  it('is not taken for closed when it is open from outside against the rules', () => {
    const facts = door({ reachability: [NOBODY(5432)], blockedBy: ['aws', 'nftables'] });
    const open = judgeDoor({ ...facts, outside: look('open') }, NO_POLICY, CONTEXT);
    expect(open).toMatchObject({ level: 'unknown', rule: 'host.reach-unknown' });
    expect(open.why).toContain('from elsewhere it is open');
    const itself = look('open').map((one) => ({ ...one, itself: true as const }));
    expect(judgeDoor({ ...facts, outside: itself }, NO_POLICY, CONTEXT).rule).toBe('host.blocked');
  });

  it('is missed when the policy needs it and nobody is let in', () => {
    const facts = door({ reachability: [NOBODY(5432)], blockedBy: ['nftables'] });
    expect(judgeDoor(facts, expecting(), CONTEXT).rule).toBe('host.needed-but-blocked');
  });

  it('has something before the host when it is let through here and filtered outside', () => {
    const facts = door({ reachability: [ANYONE(5432)], outside: look('filtered') });
    const verdict = judgeDoor(facts, NO_POLICY, CONTEXT);
    expect(verdict.rule).toBe('host.one-layer');
    expect(verdict.why).toContain('something before this host is the only layer');
  });

  it('is not said to have a layer before it where its own rules close it to whoever looked', () => {
    const some = reaching(5432, 'networks', [part('accept', ['10.1.0.0/16'])]);
    const facts = door({ reachability: [some], outside: look('filtered') });
    expect(judgeDoor(facts, NO_POLICY, CONTEXT).rule).toBe('host.restricted');
  });

  it('is not known where a rule that was not understood decides', () => {
    const unknown = reaching(5432, 'unknown', [part('unknown', ['0.0.0.0/0'], 'bpf 5')]);
    const verdict = judgeDoor(door({ reachability: [unknown] }), NO_POLICY, CONTEXT);
    expect(verdict).toMatchObject({ level: 'unknown', rule: 'host.reach-unknown' });
    expect(verdict.why).toContain('bpf 5');
    const seen = door({ reachability: [unknown], outside: look('open') });
    expect(judgeDoor(seen, NO_POLICY, CONTEXT).why).toContain('From elsewhere it is open.');
  });

  it('needs no wide bind address when it talks to itself only', () => {
    const usage = {
      connections: 3,
      peers: 1,
      loopbackOnly: true,
      sample: ['127.0.0.1'],
      unseen: [],
    };
    const listeners = [listening('postgres', { usage })];
    const verdict = judgeDoor(
      door({ listeners, reachability: [ANYONE(5432)] }),
      NO_POLICY,
      CONTEXT,
    );
    expect(verdict).toMatchObject({ rule: 'host.loopback-would-do', severity: 'high' });
  });

  it('may be open to everybody when it is a web server', () => {
    const facts = door({ port: 80, listeners: [listening('nginx')], reachability: [ANYONE(80)] });
    expect(judgeDoor(facts, NO_POLICY, CONTEXT)).toMatchObject({
      level: 'expected',
      rule: 'service.web',
    });
  });
});

describe('a port without a listener', () => {
  it('that is handed on is judged as what it is handed on to', () => {
    const handed = { ...part('accept', ['0.0.0.0/0']), translated: '172.17.0.2:5432' };
    const facts = door({ listeners: [], reachability: [reaching(5432, 'anyone', [handed])] });
    const verdict = judgeDoor(facts, expecting(['10.0.0.0/8']), CONTEXT);
    expect(verdict).toMatchObject({ level: 'restrict', rule: 'host.wider-than-policy' });
    expect(verdict.why).toContain('172.17.0.2:5432');
  });

  it('names the devices that are left out', () => {
    const some = { ...part('accept', ['0.0.0.0/0']), devices: ['any other device', 'eth0'] };
    const others = { ...part('drop', ['0.0.0.0/0']), devices: ['docker0'] };
    const facts = door({
      listeners: [],
      reachability: [reaching(5432, 'devices', [some, others])],
    });
    const { why } = judgeDoor(facts, NO_POLICY, CONTEXT);
    expect(why).toContain('lets anyone on any device but docker0 in to');
  });

  it('has a rule too many', () => {
    const verdict = judgeDoor(
      door({ listeners: [], reachability: [ANYONE(5432)] }),
      NO_POLICY,
      CONTEXT,
    );
    expect(verdict).toMatchObject({ level: 'close', rule: 'host.allowed-unused' });
    expect(verdict.why).toContain('tcp dport 5432 accept');
  });

  it('is answered by something in between when it is open outside', () => {
    const facts = door({ listeners: [], reachability: [NOBODY(5432)], outside: look('open') });
    const verdict = judgeDoor(facts, NO_POLICY, CONTEXT);
    expect(verdict.rule).toBe('host.no-listener');
    expect(verdict.why).toContain('something in between answers');
  });
});

it('takes the severity that the policy gives a rule', () => {
  const policy: Policy = { ...NO_POLICY, severities: { 'host.allowed-unused': 'critical' } };
  const verdict = judgeDoor(door({ listeners: [], reachability: [ANYONE(5432)] }), policy, CONTEXT);
  expect(verdict.severity).toBe('critical');
});
