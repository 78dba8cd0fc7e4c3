import { execFileSync } from 'node:child_process';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findCommand, met } from '../../test/helpers/needs.ts';
import { makeFolder, removeFolder } from '../../test/lab/folders.ts';
import { readRegularFile } from './regular-file.ts';

const root = makeFolder('regular');
afterAll(() => removeFolder(root));

it('reads a file', () => {
  writeFileSync(join(root, 'file'), 'text');
  expect(readRegularFile(root, 'file')).toBe('text');
  expect(readRegularFile(root, 'none')).toBeNull();
  expect(readRegularFile(root, '.')).toBeNull();
});

it.skipIf(!met({ linux: true, commands: ['mkfifo'] }))(
  'waits for no pipe and follows no link',
  () => {
    execFileSync(findCommand('mkfifo') ?? '', [join(root, 'pipe')]);
    symlinkSync('/etc/passwd', join(root, 'link'));
    writeFileSync(join(root, 'endless'), '');
    truncateSync(join(root, 'endless'), 2 ** 40);
    for (const name of ['pipe', 'link', 'endless']) expect(readRegularFile(root, name)).toBeNull();
  },
);
