import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditOf } from '../../test/helpers/made-audits.ts';
import { Outbox } from './outbox.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-outbox-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('gives back what was put, oldest first, to the process after this one too', async () => {
  const first = await Outbox.open(folder);
  const reports = [1, 2, 3].map((hour) =>
    auditOf({ at: hour * 3_600_000, listeners: { 22: 'sshd' } }),
  );
  // the clock was set back meanwhile: the order is that of putting
  for (const report of reports.toReversed()) await first.put(report);
  const second = await Outbox.open(folder);
  const waiting = await second.waiting();
  expect(waiting.map(({ id }) => id)).toEqual(reports.toReversed().map(({ audit }) => audit.id));
  const [oldest] = waiting;
  if (oldest === undefined) throw new Error('nothing waits');
  expect(oldest.madeAt).toBe(3 * 3_600_000);
  expect(JSON.parse(gunzipSync(await second.body(oldest)).toString())).toEqual(
    JSON.parse(JSON.stringify(reports[2])),
  );
  await second.remove(oldest);
  await second.put(auditOf({ listeners: {} }));
  expect((await second.waiting()).map(({ id }) => id).slice(0, 2)).toEqual(
    waiting.slice(1).map(({ id }) => id),
  );
  const [file = ''] = readdirSync(join(folder, 'audits'));
  expect(statSync(join(folder, 'audits', file)).mode & 0o077).toBe(0);
});

it('keeps so many and no more, and lets the oldest go', async () => {
  const outbox = await Outbox.open(folder);
  const ids: string[] = [];
  for (let at = 0; at < 55; at++) {
    const report = auditOf({ at, listeners: {} });
    ids.push(report.audit.id);
    await outbox.put(report);
  }
  expect((await outbox.waiting()).map(({ id }) => id)).toEqual(ids.slice(-50));
});

it('clears what was being written when it was killed, and leaves what is not its own', async () => {
  await (await Outbox.open(folder)).put(auditOf({ listeners: {} }));
  const audits = join(folder, 'audits');
  writeFileSync(join(audits, 'half.json.gz.new'), 'x');
  writeFileSync(join(audits, 'README'), 'x');
  expect(await (await Outbox.open(folder)).waiting()).toHaveLength(1);
  expect(existsSync(join(audits, 'half.json.gz.new'))).toBe(false);
  expect(existsSync(join(audits, 'README'))).toBe(true);
});
