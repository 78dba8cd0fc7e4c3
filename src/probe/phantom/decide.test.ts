import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Heard } from './decide.ts';
import { type Glance, withoutConnection } from './glance.ts';
import { type Looked, signatureOf } from './signature.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const nobody = () => false;
const HIGH = [20_101, 30_202, 40_303, 50_404, 60_505, 61_606, 62_707, 63_808];

function seen(about: Partial<Glance> = {}): Glance {
  return {
    handshake: 'completed',
    said: new Uint8Array(),
    saidFirst: 0,
    arrivals: [],
    asked: true,
    end: 'open',
    acknowledged: true,
    window: 65_535,
    stack: 'mss 1460,sack,ts,wscale 7',
    ...about,
  };
}

/** The same look at eight canaries. */
function everywhere(glance: (port: number) => Glance, dripping: readonly Glance[] = []) {
  return signatureOf(
    HIGH.map((port): Looked => ({ port, glance: glance(port) })),
    dripping,
  );
}

const says = (text: string, more: Partial<Glance> = {}) =>
  seen({ said: bytes(text), arrivals: [10], ...more });
const page = (port: number, title = 'Welcome') =>
  says(
    `HTTP/1.1 200 OK\r\nDate: Wed, 25 Nov 2026 18:00:${10 + (port % 50)}\r\n\r\n${title} ${port}`,
  );
const drop = seen({ said: bytes('ab3\r\ncd4\r\n'), arrivals: [900, 2100], asked: false });

/** What all canaries do, and the kind that a port doing the same is. */
const KINDS = [
  ['zero-window', () => seen({ window: 0, acknowledged: false })],
  ['never-acknowledges', () => seen({ acknowledged: false })],
  ['reset-after-handshake', () => seen({ end: 'reset', asked: false })],
  ['reset-after-handshake', () => seen({ end: 'reset' })],
  ['answers-everywhere', () => seen()],
  ['answers-everywhere', () => seen({ end: 'closed' })],
  ['same-answer-everywhere', (port: number) => page(port)],
] as const;

describe('decide', () => {
  it.each(KINDS)('calls a port that does what all canaries do %s', (kind, glance) => {
    const signature = everywhere(glance);
    const decision = decide({ port: 1, glance: glance(1), heard: 'nothing', signature }, nobody);
    expect(decision).toMatchObject({ standing: 'phantom', phantom: { kind } });
    if (decision.standing !== 'phantom') return;
    expect(decision.phantom.evidence.join(' ')).toContain('8 of 8 random high ports');
    expect(decision.phantom.confidence).toBeGreaterThanOrEqual(0.8);
  });

  it.each(KINDS)('calls no port %s where canaries are closed', (_, glance) => {
    const facts = { port: 1, glance: glance(1), signature: null };
    expect(decide({ ...facts, heard: 'nothing' }, nobody).standing).toBe('unverified');
    expect(decide({ ...facts, heard: 'bytes' }, nobody).standing).toBe('verified');
  });

  it('tells a tarpit by patient canaries, and takes no protocol for its words', () => {
    const signature = everywhere(() => seen(), [drop, drop]);
    const at = (glance: Glance, heard: Heard) =>
      decide({ port: 22, glance, heard, signature }, (said) => said[0] === 0x53);
    expect(at(seen(), 'nothing')).toMatchObject({ phantom: { kind: 'tarpit' } });
    expect(at(says('x9\r\n'), 'bytes')).toMatchObject({ phantom: { kind: 'tarpit' } });
    expect(at(says('SSH-2.0-a\r\n'), 'protocol').standing).toBe('verified');
    expect(at(says('x'.repeat(200)), 'bytes').standing).toBe('verified');
  });

  it('finds the page that differs among equal ones', () => {
    const signature = everywhere(page);
    const facts = { port: 80, glance: page(80, 'Goodbye'), signature };
    expect(decide({ ...facts, heard: 'protocol' }, nobody)).toEqual({ standing: 'verified' });
    expect(decide({ ...facts, heard: 'nothing' }, nobody).standing).toBe('unverified');
  });

  it('does not believe a name where the answer is that of the canaries', () => {
    const signature = everywhere(page);
    const facts = { port: 80, glance: page(80), heard: 'protocol', signature } as const;
    expect(decide(facts, nobody).standing).toBe('phantom');
  });

  it('verifies what spoke where canaries never did, unless one of them says so too', () => {
    const signature = everywhere(() => seen());
    const facts = { port: 53, glance: seen(), heard: 'protocol', signature } as const;
    expect(decide(facts, nobody)).toEqual({ standing: 'verified' });
    expect(decide({ ...facts, canarySaysSo: true }, nobody).standing).toBe('unverified');
  });

  it('takes another TCP stack for another host behind the same address', () => {
    const signature = everywhere(() => seen());
    const glance = seen({ stack: 'mss 1400' });
    expect(decide({ port: 1, glance, heard: 'nothing', signature }, nobody)).toMatchObject({
      standing: 'unverified',
    });
  });

  it('proves nothing where each canary says something else', () => {
    const signature = everywhere((port) => says(`${port}`.repeat(port % 7)));
    const glance = says('220 ready\r\n');
    const decision = decide({ port: 25, glance, heard: 'protocol', signature }, nobody);
    expect(signature.strangers).toBeGreaterThan(0);
    expect(decision.standing).toBe('unverified');
  });

  it.each(['refused', 'silent', 'unreachable', 'local'] as const)(
    'calls a port unverified that is %s the second time',
    (handshake) => {
      const glance = withoutConnection(handshake);
      for (const signature of [null, everywhere(() => seen())]) {
        const decision = decide({ port: 1, glance, heard: 'nothing', signature }, nobody);
        expect(decision).toMatchObject({ standing: 'unverified', doubts: [expect.any(String)] });
      }
    },
  );

  it('says of a port to which nothing was said that it cannot be told', () => {
    const signature = everywhere(page);
    const glance = seen({ asked: false });
    const decision = decide({ port: 9100, glance, heard: 'nothing', signature }, nobody);
    expect(decision).toMatchObject({ doubts: [expect.stringContaining('printed')] });
  });

  it('calls nothing a phantom without a signature, whatever was seen', () => {
    const glance = fc.record({
      handshake: fc.constantFrom('completed', 'refused', 'silent', 'unreachable', 'local'),
      said: fc.uint8Array({ maxLength: 40 }),
      saidFirst: fc.nat(40),
      arrivals: fc.array(fc.nat(3000), { maxLength: 4 }),
      asked: fc.boolean(),
      end: fc.constantFrom('open', 'closed', 'reset'),
      acknowledged: fc.boolean(),
      window: fc.nat(1),
    }) as fc.Arbitrary<Glance>;
    const heard = fc.constantFrom<Heard[]>('nothing', 'bytes', 'protocol');
    fc.assert(
      fc.property(glance, heard, fc.nat(65_535), (look, said, port) => {
        const alone = decide({ port, glance: look, heard: said, signature: null }, nobody);
        expect(alone.standing).toBe(said === 'nothing' ? 'unverified' : 'verified');
        const same = everywhere(() => look);
        const among = decide({ port, glance: look, heard: said, signature: same }, nobody);
        if (look.handshake !== 'completed') expect(among.standing).not.toBe('phantom');
      }),
    );
  });
});
