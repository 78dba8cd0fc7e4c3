import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changeIptables } from '../../src/firewall/kinds/iptables/change.ts';
import { change as changeNft } from '../../src/firewall/kinds/nftables/change.ts';
import { findCommand, met } from '../helpers/needs.ts';

const CLOSE = { transport: 'tcp', port: 5432, families: [4], reason: 'a test' } as const;
const INCLUDE = 'include "/etc/nftables.d/*.nft"\n';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-saved-'));
  file = join(folder, 'rules');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The command line of a change's last step, which saves, for `file` in the place of its own. */
function saving({ persist }: ReturnType<typeof changeNft>): string[] {
  const step = persist.at(-1);
  if (step === undefined || !('argv' in step)) throw new Error('the last step is no command');
  return step.argv.map((word) => (word.startsWith('/etc/') ? file : word));
}

function run([program = '', ...args]: readonly string[]) {
  return spawnSync(program, args, { encoding: 'utf8' });
}

describe.skipIf(!met({ linux: true }))('the file that nftables.service loads', () => {
  const save = () => run(saving(changeNft(CLOSE, [])));

  test.each([
    ['', INCLUDE],
    ['flush ruleset', `flush ruleset\n${INCLUDE}`],
    [`${INCLUDE}flush ruleset\n`, `flush ruleset\n${INCLUDE}`],
  ])('that holds %j loads the change last', (before, after) => {
    writeFileSync(file, before, { mode: 0o755 });
    expect(save()).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe(after);
    expect(save().status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(after);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder)).toEqual(['rules']);
  });

  test('stays where a link says that it is', () => {
    const real = join(folder, 'real');
    writeFileSync(real, 'flush ruleset\n');
    symlinkSync(real, file);
    expect(save().status).toBe(0);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe(`flush ruleset\n${INCLUDE}`);
  });

  test('that is not there is not made: nothing would load it', () => {
    expect(save()).toMatchObject({ status: 1, stderr: expect.stringContaining('No such file') });
    expect(readdirSync(folder)).toEqual([]);
  });
});

const iptablesHere = () =>
  met({ root: true, linux: true, commands: ['unshare', 'iptables-legacy-save'] });

describe.skipIf(!iptablesHere())('the file of iptables rules', () => {
  const layers = [
    { kind: 'iptables', origin: 'iptables-legacy-save', role: 'live', tables: [], unread: [] },
  ] as const;
  const save = () => saving(changeIptables(CLOSE, layers));
  const RULE = 'iptables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT';

  /** Runs a shell script in a namespace of its own; "$@" is the step that saves. */
  const inside = (script: string) =>
    execFileSync(findCommand('unshare') ?? '', ['-m', '-n', 'sh', '-ec', script, 'sh', ...save()], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  test('holds all rules in force', () => {
    inside(`${RULE}; "$@"`);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT$/m);
    expect(readdirSync(folder)).toEqual(['rules']);
  });

  test('is as it was, and the step fails, where the disk is full', () => {
    const said = inside(`
      mount -t tmpfs -o size=16k none ${folder}
      echo '# as it was' > ${file}
      cat /dev/zero > ${folder}/fill 2>/dev/null || :
      ${RULE}
      code=0; "$@" 2>/dev/null || code=$?
      echo "$code"; cat ${file}; ls ${folder}`);
    expect(said).toBe('1\n# as it was\nfill\nrules\n');
  });
});
