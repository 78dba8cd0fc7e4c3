import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { undoScript } from '../../src/host/apply/undo-script.ts';
import { findCommand, met } from '../helpers/needs.ts';

const here = () => met({ root: true, linux: true, commands: ['unshare'] });

describe.skipIf(!here())('a file that is put back', () => {
  let folder = '';
  let place = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-undo-'));
    place = join(folder, 'etc');
    mkdirSync(place);
    mkdirSync(join(folder, 'id'));
    const script = undoScript({
      ...{ id: 'id', summary: 'a test', undo: [], unpersist: [], fallback: [] },
      files: [{ path: join(place, 'rules'), copy: 'file.0' }],
      writtenBy: 'apply',
    });
    writeFileSync(join(folder, 'id', 'undo.sh'), script);
    writeFileSync(join(folder, 'id', 'file.0'), 'as before\n'.repeat(1000));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs shell lines around the way back, with mounts of their own; what they print. */
  function around(before: string, after: string): string {
    const undo = `code=0; sh ${folder}/id/undo.sh || code=$?; echo "code $code"`;
    const args = ['-m', 'sh', '-ec', [before, undo, after].join('\n')];
    return execFileSync(findCommand('unshare') ?? '', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  test('stays whole where the disk is full', () => {
    const said = around(
      `mount -t tmpfs -o size=32k none ${place}
       echo closed > ${place}/rules
       cat /dev/zero > ${place}/fill 2>/dev/null || :`,
      `cat ${place}/rules; ls ${place}`,
    );
    expect(said).toBe('code 1\nclosed\nfill\nrules\n');
  });

  test('is written over where it is a mount of its own', () => {
    writeFileSync(join(folder, 'mounted'), 'closed\n');
    writeFileSync(join(place, 'rules'), '');
    const said = around(`mount --bind ${folder}/mounted ${place}/rules`, `ls ${place}`);
    expect(said).toBe('code 0\nrules\n');
    expect(readFileSync(join(folder, 'mounted'), 'utf8')).toBe('as before\n'.repeat(1000));
  });

  test('is written over where nothing can be made beside it', () => {
    writeFileSync(join(folder, 'mounted'), 'closed\n');
    writeFileSync(join(place, 'rules'), '');
    const said = around(
      `mount --bind ${place} ${place}
       mount --bind ${folder}/mounted ${place}/rules
       mount -o remount,bind,ro ${place}`,
      `ls ${place}`,
    );
    expect(said).toBe('code 0\nrules\n');
    expect(readFileSync(join(folder, 'mounted'), 'utf8')).toBe('as before\n'.repeat(1000));
  });
});
