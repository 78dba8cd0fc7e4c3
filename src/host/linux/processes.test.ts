import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { met } from '../../../test/helpers/needs.ts';
import { eldest, findHolders, type ProcessFacts, programName, readProcess } from './processes.ts';
import { readPasswd } from './users.ts';

it.each([
  ['sshd', '/usr/sbin/sshd', ['sshd: /usr/sbin/sshd -D'], 'sshd'],
  ['systemd-resolve', '/usr/lib/systemd/systemd-resolved', ['/lib/x'], 'systemd-resolved'],
  [
    'fail2ban-server',
    '/usr/bin/python3.11',
    ['/usr/bin/python3', '/usr/bin/fail2ban-server'],
    'fail2ban-server',
  ],
  ['MainThread', '/usr/bin/node', ['node', 'server.js'], 'node'],
  ['httpd', '/bin/busybox', ['httpd', '-f'], 'httpd'],
  ['a-very-long-nam', undefined, [], 'a-very-long-nam'],
  [
    'unattended-upgr',
    '/usr/bin/python3',
    ['python3', '/x/unattended-upgrade-shutdown'],
    'unattended-upgrade-shutdown',
  ],
])('names %s of %s', (comm, executable, args, name) => {
  expect(programName(comm, executable, args)).toBe(name);
});

it('takes the process that the others come from', () => {
  const facts = (pid: number, parent: number): ProcessFacts => ({
    pid,
    parent,
    program: '',
    uid: 0,
    group: {},
    root: '',
  });
  expect(eldest([facts(7, 9), facts(8, 9), facts(9, 1)])?.pid).toBe(9);
  expect(eldest([facts(7, 1), facts(8, 1)])?.pid).toBe(7);
  expect(eldest([])).toBeUndefined();
});

it.skipIf(!met({ linux: true }))('reads this process', () => {
  const facts = readProcess(process.pid);
  expect(facts).toMatchObject({
    pid: process.pid,
    parent: process.ppid,
    uid: process.geteuid?.(),
    executable: process.execPath,
    root: '',
  });
  expect(readProcess(2 ** 30)).toBeNull();
  expect(findHolders(new Set([-1])).byInode.size).toBe(0);
});

it.skipIf(!met({ linux: true }))('tells that what runs is no longer there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-deleted-'));
  const copy = join(folder, 'sleep');
  copyFileSync('/bin/sleep', copy);
  const child = spawn(copy, ['100']);
  try {
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    expect(readProcess(pid)?.replaced).toBeUndefined();
    rmSync(copy);
    expect(readProcess(pid)).toMatchObject({ executable: copy, replaced: true });
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

it('reads passwd(5)', () => {
  const text =
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n+nis\n# c\nwww-data:x:33:33::/:\nbad:x:x::\n';
  expect(readPasswd(text)).toEqual(
    new Map([
      [0, 'root'],
      [33, 'www-data'],
    ]),
  );
});
