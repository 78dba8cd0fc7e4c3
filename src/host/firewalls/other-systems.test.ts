import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PosternError } from '../../model/errors.ts';
import { readDarwinLayers } from './darwin.ts';
import { readWindowsLayers } from './windows.ts';

const FIXTURES = new URL('../../../test/fixtures/firewall/', import.meta.url);
const WINDOWS = readFileSync(new URL('windows/server.json', FIXTURES), 'utf8');
const RULES = readFileSync(new URL('pf/pfctl-sr.txt', FIXTURES), 'utf8');

const before = process.env['PATH'];
let folder: string;
let problems: PosternError[];

/** A program of this name that a shell script stands for. */
function program(name: string, script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Files that a script prints by their place in the folder. */
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-firewalls-'));
  process.env['PATH'] = [folder, before].join(delimiter);
  problems = [];
});

afterEach(() => {
  process.env['PATH'] = before;
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(process.platform === 'win32')('pf of a Mac', () => {
  function pfctl(status: string): void {
    const rules = file('rules', RULES);
    program('pfctl', `case "$*" in *info) echo '${status}';; *-sr) cat ${rules};; esac`);
  }

  it('is asked for rules, translations and whether it is on', async () => {
    pfctl('Status: Enabled for 0 days 00:10:00           Debug: Urgent');
    const [layer, ...more] = await readDarwinLayers(problems);
    expect(more).toEqual([]);
    expect(layer).toMatchObject({ kind: 'pf', role: 'live' });
    expect(layer?.tables.flatMap(({ dormant }) => dormant ?? [])).toEqual([]);
    expect(layer?.tables.flatMap(({ chains }) => chains.flatMap((c) => c.rules))).not.toEqual([]);
    expect(problems).toEqual([]);
  });

  it('does nothing when it is off', async () => {
    pfctl('Status: Disabled for 0 days 00:10:00           Debug: Urgent');
    const [layer] = await readDarwinLayers(problems);
    expect(layer?.tables.every(({ dormant }) => dormant === true)).toBe(true);
  });

  it('is unknown when one answer is missing', async () => {
    program(
      'pfctl',
      'case "$*" in *info) echo "pfctl: /dev/pf: Permission denied" >&2; exit 1;; esac',
    );
    const [layer] = await readDarwinLayers(problems);
    expect(layer?.unread.join()).toContain('Permission denied');
    expect(layer?.tables).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual(['FIREWALL_READ']);
  });

  it('is unknown where there is no pfctl', async () => {
    const [layer] = await readDarwinLayers(problems);
    expect(layer?.unread).not.toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the firewall of Windows', () => {
  it('is read from what PowerShell prints', async () => {
    program('powershell', `cat ${file('rules.json', WINDOWS)}`);
    const [layer] = await readWindowsLayers(problems);
    expect(layer).toMatchObject({ kind: 'windows', role: 'live' });
    expect(problems).toEqual([]);
  });

  it.each([
    ['it prints something else', 'echo nothing'],
    ['it is cut short', 'printf "{\\"Schema\\": \\"postern.windows-firewall/1\\", \\"Rules\\": ["'],
    ['it may not', 'echo "Access is denied." >&2; exit 1'],
  ])('is unknown when %s', async (_, script) => {
    program('powershell', script);
    const [layer] = await readWindowsLayers(problems);
    expect(layer?.unread).not.toEqual([]);
    expect(problems).toHaveLength(1);
  });
});
