import { expect, it } from 'vitest';
import { sampleAudit } from '../../../test/helpers/sample-audit.ts';
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

it('puts rules with one reason below it, and says what is switched off', () => {
  const report = sampleAudit();
  const [flaw] = report.flaws;
  const [layer] = report.layers;
  if (flaw === undefined || layer === undefined) throw new Error('the sample has neither');
  const flaws = ['22', '23', '24', '25'].map((port) => ({
    ...flaw,
    rule: { text: `tcp dport ${port} drop` },
  }));
  const layers = [layer, { ...layer, kind: 'ufw', origin: '/etc/ufw', off: true as const }];
  const text = [...auditTable({ ...report, flaws, layers }, { width: 100 })].join('');
  expect(text.split(flaw.why)).toHaveLength(2);
  expect(text).toContain('tcp dport 24 drop');
  expect(text).toContain('… and 1 more rule; --json lists all');
  expect(text).toContain('ufw (/etc/ufw: switched off)');
});

it('puts the evidence below what is wrong where no rule tells it', () => {
  const report = sampleAudit();
  const [flaw] = report.flaws;
  if (flaw === undefined) throw new Error('the sample has none');
  const { rule: _, ...rest } = flaw;
  const evidence = [22, 80, 443, 5432].map((port) => `tcp ${port} over IPv4 from anyone`);
  const text = [...auditTable({ ...report, flaws: [{ ...rest, evidence }] })].join('');
  expect(text).toContain('  tcp 443 over IPv4 from anyone\n');
  expect(text).toContain('… and 1 more; --json lists all');
});
