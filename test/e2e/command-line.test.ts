import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { postern } from '../helpers/postern.ts';

describe('postern ports', () => {
  it('explains several ports at once', async () => {
    const { code, stdout } = await postern(['ports', '6379', '27017', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ port: 6379 }, { port: 27017 }]);
    expect(code).toBe(0);
  });

  it.each([
    ['99999', 'no port: they go from 1 to 65535'],
    ['1024', 'postern scan HOST -p 1024'],
    ['databse', 'Did you mean database?'],
    ['xyzzy', 'a service name or one of: web, mail'],
  ])('helps on where nothing is known of %s', async (query, help) => {
    const { code, stdout } = await postern(['ports', query]);
    expect(stdout).toContain(help);
    expect(code).toBe(3);
  });
});

describe('postern complete', () => {
  it.each([
    [
      ['scan', '--format', ''],
      ['table', 'json', 'jsonl', 'csv', 'xml', 'html', 'sarif', 'markdown'],
    ],
    [['scan', '--fail-on', 'h'], ['high']],
    [['scan', '--show', 'f'], ['filtered']],
    [['scan', '--engine', 'e'], ['epoll']],
    [['sc'], ['scan', 'schedule']],
    [['user', 'reset', '--second'], ['--second-factor']],
  ])('completes %j', async (words, expected) => {
    const { stdout } = await postern(['complete', '--', ...words]);
    const offered = stdout.split('\n').map((line) => line.split('\t')[0] ?? '');
    expect(offered.filter((word) => word !== '' && !word.startsWith(':'))).toEqual(expected);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    const { code, stdout } = await postern(['complete', shell]);
    expect(stdout).toContain('postern complete --');
    expect(code).toBe(0);
  });
});

describe('postern scan --plan', () => {
  it('counts the part that --shard names', async () => {
    const args = ['scan', '127.0.0.0/24', '-p', '1-99', '--plan', '--shard', '2/3'];
    const { code, stdout } = await postern([...args, '--json']);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ shard: '2/3', addresses: 256, probes: { least: 256 * 33 } });
    expect(code).toBe(0);
    expect((await postern(args)).stdout).toContain('shard      2/3 of these ports');
  });
});

describe('a slip on the command line', () => {
  it.each([
    [['scna', '127.0.0.1'], 'Did you mean scan?'],
    [['scan'], "missing required argument 'target'"],
    [['scan', '127.0.0.1', '--formt', 'json'], 'Did you mean --format?'],
    [['scan', '127.0.0.1', '--format', 'jsn'], 'Allowed choices are table, json'],
    [['scan', '127.0.0.1', '--rate', 'fast'], 'a number above 0, max or auto'],
    [['scan', '127.0.0.1', '--timeout', '5'], '50 to 120000'],
    [['scan', '127.0.0.1', '--show', 'open,x'], 'local-error'],
    [['scan', '127.0.0.1', '--shard', '4/3'], 'part and number of parts, such as 2/3'],
    [['scan', '--resume', 'x.state', '--plan'], "cannot be used with option '--plan'"],
    [['scan', '--resume', '/nonexistent/x.state'], 'RESUME_FILE'],
  ])('%j is named, exit 2', async (args, message) => {
    const { code, stdout, stderr } = await postern(args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('is a resumption without a file and without targets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-line-'));
    const file = join(folder, 'x.state');
    const { code, stderr } = await postern(['scan', '--resume', file]);
    expect(stderr).toContain('it does not exist, and no target is named to begin a scan');
    expect([code, readdirSync(folder)]).toEqual([2, []]);
    rmSync(folder, { recursive: true });
  });

  it('is a scan or a plan of nothing, exit 3', async () => {
    const all = ['scan', '127.0.0.1', '--exclude', '127.0.0.0/8'];
    const scan = await postern(all);
    expect(scan.stderr).toContain('NO_TARGETS');
    expect(scan.code).toBe(3);
    expect((await postern([...all, '--plan'])).code).toBe(3);
  });
});
