import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, Interval } from '../../src/model/history.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { LOCAL, openStore } from '../../src/store/open.ts';
import { recordLook } from '../../src/store/record.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { type ScriptedPeer, say, scriptedPeer, silent } from '../helpers/scripted-peer.ts';
import { lookOf } from '../helpers/stored-looks.ts';

let folder: string;
let peer: ScriptedPeer;
let port: number;

const greeting = (version: string) => say(`SSH-2.0-OpenSSH_${version}\r\n`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-history-'));
  peer = await scriptedPeer([greeting('9.2'), silent()]);
  port = peer.port;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(...args: readonly string[]) {
  return postern(['--data', join(folder, 'data'), ...args]);
}

function scan(...args: readonly string[]) {
  return run('scan', '127.0.0.1', '-p', `${port}`, '--fail-on', 'never', '--quiet', ...args);
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const { stdout } = await run(...args, '--json');
  return JSON.parse(stdout) as T;
}

describe('scans that are kept', () => {
  it('tell what closed, and when it was open', async () => {
    const reports = [join(folder, 'a.json'), join(folder, 'b.xml')] as const;
    expect((await scan('-o', reports[0])).code).toBe(0);
    await peer.close();
    const second = await scan('-o', reports[1], '--verbose');
    expect(second.stderr).toContain(`stored in ${join(folder, 'data', 'postern.db')}`);
    const place = `127.0.0.1 ${port}/tcp`;
    const told = await run('diff');
    expect(told.stdout).toBe(`- ${place} was ssh OpenSSH 9.2; is closed\n`);
    expect(told.stderr).toContain('1 change from');
    expect((await run('diff', ...reports)).stdout).toContain(`- ${place} was`);
    expect((await run('diff', '2020-01-01')).stdout.split('\n')[0]).toBe(
      `+ ${place} ssh OpenSSH 9.2`,
    );
    const { changes } = await json<{ changes: Change[] }>('diff', 'previous', 'last');
    expect(changes).toMatchObject([{ kind: 'closed', address: '127.0.0.1', port }]);
    const { intervals } = await json<{ intervals: Interval[] }>('history', `127.0.0.1:${port}`);
    expect(intervals.map(({ state }) => state)).toEqual(['open', 'closed']);
    expect((await run('history', '127.0.0.1')).stdout).toContain(`${port}/tcp`);
  });

  it('lose their raw reports by retention, and say so', async () => {
    const old = join(folder, 'old.json');
    const report = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')) as ScanReport;
    const times = { startedAt: '2020-01-01T00:00:00.000Z', endedAt: '2020-01-01T00:01:00.000Z' };
    const id = 'abcd0000-0000-4000-8000-000000000000';
    writeFileSync(old, JSON.stringify({ ...report, scan: { ...report.scan, ...times, id } }));
    const there = (...args: readonly string[]) =>
      postern(['--data', join(folder, 'retained'), ...args]);
    expect((await there('import', old, join(folder, 'a.json'))).code).toBe(0);
    expect((await there('db', 'compact')).stdout).toMatch(/^local: 1 raw report would go/);
    expect((await there('diff', id, 'last')).code).toBe(0);
    const { stdout } = await there('db', 'compact', '--now', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ tenants: [{ tenant: 'local', reports: 1 }] });
    expect((await there('db', 'compact')).stdout).toBe('local: nothing is to go\n');
    expect((await there('diff', id, 'last')).stderr).toContain('taken by retention on 20');
    expect((await there('history', `127.0.0.1:${port}`)).code).toBe(0);
    expect((await there('db', 'check')).stdout).toContain('is sound');
  });

  it('go into a backup and back, and are checked', async () => {
    const file = join(folder, 'backup');
    const { rows } = await json<{ rows: number }>('db', 'backup', file);
    expect((await run('db', 'backup', file)).stderr).toContain('BACKUP_FILE');
    const other = ['--data', join(folder, 'other')];
    const restored = await postern([...other, 'db', 'restore', file, '--json']);
    expect(JSON.parse(restored.stdout)).toMatchObject({ rows });
    expect((await postern([...other, 'diff'])).stdout).toContain('is closed');
    expect((await postern([...other, 'db', 'restore', file])).code).toBe(2);
    expect((await run('db', 'check')).stdout).toContain('is sound');
    expect((await run('db', 'migrate')).stdout).toContain('already');
    // who may read it knows every open door
    expect(statSync(join(folder, 'data', 'postern.db')).mode & 0o077).toBe(0);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('say in one line that there is no room, and leave nothing of what was begun', async () => {
    const full = join(folder, 'full');
    const lines = Array.from({ length: 3000 }, (_, index) => {
      const address = `10.64.${index >> 8}.${index & 255}`;
      return `banner tcp 80 ${address} 1767225600 ${randomBytes(300).toString('hex')}`;
    });
    const list = join(folder, 'list');
    writeFileSync(list, ['#masscan', ...lines].join('\n'));
    expect((await postern(['--data', full, 'import', list])).code).toBe(0);
    const file = join(folder, 'no-room');
    const limited = ['sh', '-c', 'ulimit -f 700; exec "$@"', 'sh', process.execPath, PROGRAM];
    const args = ['--data', full, 'db', 'backup', file];
    const { code, stderr } = await postern(args, { command: limited });
    expect([code, stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('BACKUP_FILE')]);
    expect(stderr).toContain('EFBIG');
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
    expect((await postern(args)).code).toBe(0);
    const none = ['--data', join(folder, 'no-room-at-all')];
    expect((await postern([...none, 'db', 'migrate'])).code).toBe(0);
    const stored = await postern([...none, 'import', list], { command: limited });
    expect([stored.code, stored.stderr.split(':')[0]]).toEqual([3, 'error STORE_FULL']);
    expect((await postern([...none, 'db', 'check'])).stdout).toContain('is sound');
    expect((await postern([...none, 'import', list])).stdout).toContain('3000 changes');
  });

  it('are joined by reports of other scanners, each stored once', async () => {
    const file = 'test/fixtures/imports/nmap.xml';
    expect((await run('import', file)).stdout).toContain(
      'nmap of 2026-11-25T22:46:12.000Z, 1 hosts, 1 changes',
    );
    const again = await run('import', file, 'package.json');
    expect(again.stdout).toContain('was stored before');
    expect(again.stderr).toContain('IMPORT_FILE: cannot import "package.json"');
    expect(again.code).toBe(3);
    expect((await run('history', '127.0.0.1:54793')).stdout).toContain('seen from nmap');
  });

  it('take no file that never ends, and no host twice', async () => {
    const endless = await run('import', '/dev/zero');
    expect([endless.code, endless.stderr.includes('larger than')]).toEqual([3, true]);
    const report = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')) as ScanReport;
    const twice = join(folder, 'twice.json');
    writeFileSync(twice, JSON.stringify({ ...report, hosts: [...report.hosts, ...report.hosts] }));
    expect((await run('import', twice)).stderr).toContain('it lists 127.0.0.1 twice');
    const wrong = join(folder, 'wrong.json');
    const hosts = Array.from({ length: 50 }, () => ({ ...report.hosts[0], counts: 'many' }));
    writeFileSync(wrong, JSON.stringify({ ...report, hosts }));
    const { stderr } = await run('import', wrong);
    const [said = '', todo, ...more] = stderr.trimEnd().split('\n');
    expect(said).toContain('hosts.0.counts');
    expect(said.match(/counts/g)).toHaveLength(1);
    expect([todo, more]).toEqual([expect.stringMatching(/^Name a file/), []]);
  });

  it('are not kept with --no-save, and a store that cannot be opened fails no scan', async () => {
    const none = join(folder, 'none');
    const args = ['scan', '127.0.0.1', '-p', '1', '--quiet'];
    await postern(['--data', none, ...args, '--no-save']);
    expect(existsSync(none)).toBe(false);
    const { code, stdout, stderr } = await postern(['--data', '/dev/null/x', ...args, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'postern.scan/1' });
    expect(stderr).toContain('warning STORE_OPEN');
    const dead = { POSTERN_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none' };
    const gone = await postern(args, { env: dead });
    expect(gone.code).toBe(0);
    expect(gone.stderr).toContain('warning STORE_OPEN');
    expect(gone.stderr).not.toContain('secret');
    // as people write it, and pg takes it
    const at = { POSTERN_DATABASE_URL: 'postgres://me:half@half:x@127.0.0.1:1/none?sslpassword=y' };
    const { stderr: told } = await postern(['db', 'check'], { env: at });
    expect(told).toContain('STORE_OPEN');
    expect(told).toContain('"postgres://me@127.0.0.1:1/none?sslpassword=…"');
  });

  it('are no backup, and nothing sound, where no store is', async () => {
    const there = join(folder, 'nowhere');
    const file = join(folder, 'of-nothing');
    const ask = (...args: readonly string[]) => postern(['--data', there, ...args]);
    for (const command of [['backup', file], ['check'], ['compact']]) {
      const { code, stdout, stderr } = await ask('db', ...command);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toContain(`error STORE_EMPTY: nothing is stored in "${there}/postern.db"`);
    }
    expect(existsSync(there)).toBe(false);
    await ask('db', 'migrate');
    expect((await ask('db', 'backup', file)).code).toBe(3);
    expect(existsSync(file)).toBe(false);
    const none = await ask('findings');
    expect([none.code, none.stdout]).toEqual([0, '']);
    expect(none.stderr).toBe(`no finding that was asked for is open in ${there}/postern.db\n`);
    expect((await ask('diff')).stderr).toContain('"last" cannot be compared (no scan is stored in');
    expect((await ask('diff', 'abcd')).stderr).toContain('"abcd" cannot be compared');
  });

  it('have their findings accepted, assigned and commented, and it is known by whom', async () => {
    const data = join(folder, 'decided');
    const store = await openStore({ file: join(data, 'postern.db') });
    const hosts = { '192.0.2.1': { 6379: { severity: 'critical' } } } as const;
    await recordLook(store, LOCAL, 'scan', lookOf({ at: Date.now(), tcp: '6379', hosts }));
    const { id } = await store.read((db) =>
      db.selectFrom('findings').select('id').executeTakeFirstOrThrow(),
    );
    const ask = (...args: readonly string[]) => postern(['--data', data, 'findings', ...args]);
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const beginning = id.slice(0, 8);
    for (const deed of [
      ['assign', beginning, 'anna'],
      ['comment', beginning, 'the cache of the shop'],
      ['accept', beginning, '--reason', 'behind the VPN', '--until', until],
    ]) {
      expect((await ask(...deed)).code).toBe(0);
    }
    expect((await ask('--status', 'open')).stdout).toBe('');
    expect((await ask('--status', 'accepted')).stdout).toContain('192.0.2.1');
    expect((await ask('unaccept', beginning)).stdout).toContain('the cache of the shop');
    expect((await ask('accept', 'ffffffff', '--reason', 'x', '--until', until)).code).toBe(2);
    const log = await store.read((db) =>
      db.selectFrom('audit_log').selectAll().orderBy('at').execute(),
    );
    await store.close();
    const actor = `cli:${userInfo().username}`;
    expect(log).toMatchObject([
      { action: 'finding.assign', detail: '{"assignee":"anna"}', subject: id, actor },
      { action: 'finding.comment', subject: id, actor },
      { action: 'finding.accept', detail: JSON.stringify({ reason: 'behind the VPN', until }) },
      { action: 'finding.unaccept', subject: id, actor },
    ]);
  });

  it('say what is wrong with a question, with a code', async () => {
    expect((await run('diff', 'nothing', 'last')).stderr).toContain('"nothing" cannot be compared');
    expect((await run('diff', '2026-01-01', 'nothing')).stderr).toContain('DIFF_SIDE');
    expect((await run('diff', '2026-02-01', '2026-01-01')).stderr).toContain('it is later than');
    expect((await run('history', 'a:b:c')).stderr).toContain('HISTORY_PLACE');
    expect((await run('history', '192.0.2.1')).stderr).toContain('HISTORY_NONE');
    const damaged = join(folder, 'damaged');
    await postern(['--data', damaged, 'db', 'migrate']);
    writeFileSync(join(damaged, 'postern.db'), readFileSync('package.json'));
    const { code, stderr } = await postern(['--data', damaged, 'db', 'check']);
    expect([code, stderr.includes('STORE_DAMAGED')]).toEqual([3, true]);
  });
});
