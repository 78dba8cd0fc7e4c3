import { expect, it } from 'vitest';
import { sampleAudit } from '../../../test/helpers/sample-audit.ts';
import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import { columnsOf } from '../columns.ts';
import { auditTable } from './table.ts';

function lines(width: number): readonly string[] {
  return [...auditTable(sampleAudit(), { width })].join('').split('\n');
}

it('says each door in one line, worst first, with who reaches it', () => {
  const text = lines(110);
  const rows = text.filter((line) => /\d+\/tcp/.test(line));
  expect(rows[0]).toMatch(/^high +close +5432\/tcp +postgres +\* \(both\) +anyone$/);
  expect(rows[1]).toMatch(/^info +expected +80\/tcp +nginx +0\.0\.0\.0 +IPv4 anyone, IPv6 nobody$/);
});

it('tells why, what to do and whose program it is under a door that is not as it should be', () => {
  const text = lines(110).join('\n');
  expect(text).toContain(
    'postgresql@15-main.service · postgresql-15 15.8-0+deb12u1 · user postgres',
  );
  expect(text).toContain('→ Close the port to everybody but the application servers.');
  expect(text).not.toContain('Web servers are meant');
});

it('names the command that writes the change, under the door that needs it alone', () => {
  const text = lines(110).join('\n');
  expect(text.match(/\$ postern \w+ \d+/g)).toEqual(['$ postern close 5432']);
});

it('tells a rule that lets strangers in once: with its door', () => {
  const sample = sampleAudit();
  const rule = { text: 'tcp dport 5432 accept', handle: '7' };
  const made = {
    fate: 'accept',
    layer: 'nftables',
    origin: 'nft',
    table: 'inet f',
    chain: 'input',
  } as const;
  const wide: FirewallFlaw = {
    ...({ id: 'firewall.wide-source', severity: 'high', layer: 'nftables', evidence: [] } as const),
    ...{ origin: 'nft', why: 'Anyone is let in.', todo: 'Name the networks.', rule },
  };
  const other: FirewallFlaw = { ...wide, rule: { text: 'tcp dport 1-60000 accept' } };
  const doors = sample.doors.map((door) => ({
    ...door,
    reachability: door.reachability.map((reached) => ({
      ...reached,
      parts: reached.parts.map((part) => ({ ...part, decisions: [{ ...made, rule }] })),
    })),
  }));
  const flaws = [wide, other];
  const told = [...auditTable({ ...sample, doors, flaws }, { width: 110 })].join('');
  expect(told.match(/Anyone is let in/g)).toHaveLength(1);
  expect(told).toContain('tcp dport 1-60000 accept');
  expect(told).toContain('1 finding about the firewall');
});

it('names layers, flaws with their rules, and what was not seen', () => {
  const text = lines(110).join('\n');
  expect(text).toContain('nftables (nft -j list ruleset: 12 rules, 1 not understood)');
  expect(text).toContain('tcp dport 22 drop');
  expect(text).toContain('Not seen: programs of other users: needs root');
  expect(text).toContain(
    'db1: 2 ports with a listener, 2 reachable from anyone, 1 to close or restrict',
  );
});

it.each([70, 80, 132])('keeps sentences within %i columns', (width) => {
  const wide = lines(width).filter((line) => columnsOf(line) > width && !/\d+\/tcp/.test(line));
  expect(wide).toEqual([]);
});

it('lets no program name reach the terminal as anything but text', () => {
  expect(lines(200).join('')).not.toMatch(/[\u001b\u0007\u202e]/);
});
