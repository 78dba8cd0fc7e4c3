import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../firewall/evaluate.ts';
import type { Change } from '../firewall/kind.ts';
import { nftables } from '../firewall/kinds/nftables/nftables.ts';
import { PosternError } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import { cutOff, type Kept, keptSession, readKeep, shutOut } from './keep.ts';
import { verifyChange } from './verify.ts';

const device = (name: string, ...addresses: string[]) => ({
  name,
  loopback: name === 'lo',
  up: true,
  addresses: addresses.map((address) => ({ address, prefix: address.includes(':') ? 64 : 24 })),
});
const MACHINE: Machine = {
  hostname: 'test',
  system: 'linux',
  devices: [
    device('lo', '127.0.0.1'),
    device('eth0', '192.0.2.7', '2001:db8::7'),
    device('wg0', '10.9.8.1'),
  ],
  routes: [],
};
const CLOSE: Change = { transport: 'tcp', port: 22, families: [4, 6], reason: 'test' };

function session(part: Partial<Parameters<typeof keptSession>[0]> = {}): Kept {
  const kept = keptSession({ peer: '198.51.100.9', local: '192.0.2.7', port: 22, ...part });
  if (kept === null) throw new Error('no session');
  return kept;
}

test.each(['fe80::9%eth0', 'fe80::9%br-lan'])('a session from %s is kept', (peer) => {
  const kept = session({ peer, local: 'fe80::7%br-lan' });
  expect(kept.family).toBe(6);
  expect(shutOut(CLOSE, [kept], MACHINE)).toBe(kept);
});

describe('--keep', () => {
  test.each<[string, Partial<Kept>]>([
    ['10.0.0.0/8:22', { family: 4, port: 22, transport: 'tcp' }],
    ['192.0.2.7:1194/udp', { family: 4, port: 1194, transport: 'udp' }],
    ['[2001:db8::/32]:22', { family: 6, port: 22, transport: 'tcp' }],
  ])('%s is read', (text, kept) => {
    expect(readKeep(text)).toMatchObject(kept);
  });

  test.each(['', '22', '10.0.0.0/8', '10.0.0.0/8:0', '10.0.0.0/8:65536', '2001:db8::1:22', 'x:22'])(
    '%j is refused',
    (text) => {
      expect(() => readKeep(text)).toThrow(PosternError);
    },
  );

  test('never throws anything but REMEDY_KEEP', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `${text}:22`),
        ),
        (text) => {
          try {
            readKeep(text);
          } catch (error) {
            expect(error).toMatchObject({ code: 'REMEDY_KEEP' });
          }
        },
      ),
    );
  });
});

describe('a change by its word', () => {
  test.each<[string, Partial<Change>, boolean]>([
    ['shuts out who comes to a closed port', {}, true],
    ['spares another port', { port: 23 }, false],
    ['spares the other transport', { transport: 'udp' }, false],
    ['spares the other family', { families: [6] }, false],
    ['spares who is named', { only: ['198.51.100.0/24'] }, false],
    ['shuts out who is not named', { only: ['198.51.100.0/29'] }, true],
    ['shuts out who comes in elsewhere', { device: 'wg0' }, true],
    ['spares who comes in there', { device: 'eth0' }, false],
    ['wants both of who is named and where', { device: 'wg0', only: ['0.0.0.0/0'] }, true],
  ])('%s', (_, part, lost) => {
    const kept = session();
    expect(shutOut({ ...CLOSE, ...part }, [kept], MACHINE)).toBe(lost ? kept : null);
  });

  test('shuts out a network of which a part is not named', () => {
    const kept = readKeep('198.51.100.0/24:22');
    const half = { ...CLOSE, only: ['198.51.100.0/25'] };
    expect(shutOut(half, [kept], MACHINE)).toBe(kept);
    const both = { ...CLOSE, only: ['198.51.100.128/25', '198.51.100.0/25'] };
    expect(shutOut(both, [kept], MACHINE)).toBeNull();
  });
});

function rules(...lines: string[]) {
  const text = `table inet filter { chain input { type filter hook input priority 0; policy accept;\n${lines.join('\n')}\n} }`;
  return [nftables.read([{ origin: 'test', text }], 'live')];
}

const before = rules('ct state established accept', 'tcp dport { 22, 5432 } accept', 'drop');
const judge = (...lines: string[]) => ({
  before,
  after: rules(...lines),
  machine: MACHINE,
  evaluate,
});

describe('the rules after a change', () => {
  test('cut off who could come in and no longer can', () => {
    const kept = session();
    expect(cutOff([kept], judge('ct state established accept', 'drop'))).toBe(kept);
    expect(cutOff([kept], { ...judge(), after: before })).toBeNull();
  });

  test('cut off a session that is there, though new ones were never let in', () => {
    const kept = session({ port: 40_000 });
    expect(cutOff([kept], judge('tcp dport 22 accept', 'drop'))).toBe(kept);
    expect(cutOff([kept], judge('ct state established accept', 'drop'))).toBeNull();
  });

  test('that are not understood count as worse than an accept', () => {
    const kept = session();
    expect(cutOff([kept], judge('meta cgroup 7 drop', 'accept'))).toBe(kept);
  });

  test.each<[string, Partial<Change>, string[], string]>([
    ['close the port', {}, ['tcp dport 22 drop'], 'done'],
    ['leave it open to some', {}, ['ip saddr 10.0.0.0/8 accept', 'tcp dport 22 drop'], 'open'],
    ['leave it open over IPv6', {}, ['meta nfproto ipv4 tcp dport 22 drop'], 'open'],
    ['may leave it open', {}, ['meta cgroup 7 accept', 'tcp dport 22 drop'], 'unknown'],
    [
      'let in who is named',
      { only: ['10.0.0.0/8'] },
      ['ip saddr 10.0.0.0/8 tcp dport 22 accept', 'tcp dport 22 drop'],
      'done',
    ],
    ['shut out who is named', { only: ['10.0.0.0/8'] }, ['tcp dport 22 drop'], 'open'],
    [
      'let in on the device',
      { device: 'wg0' },
      ['iifname "wg0" tcp dport 22 accept', 'tcp dport 22 drop'],
      'done',
    ],
    ['let in on another device', { device: 'wg0' }, ['iifname "lo" drop'], 'open'],
  ])('%s', (_, part, lines, state) => {
    expect(verifyChange({ ...CLOSE, ...part }, judge(...lines)).state).toBe(state);
  });

  test('are told by whom they are still let in', () => {
    const result = verifyChange(CLOSE, judge('ip saddr 10.0.0.0/8 accept', 'tcp dport 22 drop'));
    expect(result).toEqual({ state: 'open', problem: '10.0.0.0/8 are still let in' });
  });
});
