import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTargets } from './read.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return `@${path}`;
}

async function read(texts: readonly string[], input = '') {
  const problems: string[] = [];
  const found: string[] = [];
  const targets = readTargets(texts, {
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    onProblem: ({ code, message }) => problems.push(`${code} ${message}`),
    signal: new AbortController().signal,
  });
  for await (const { target, where } of targets) found.push(`${where}: ${target.text}`);
  return { found, problems };
}

describe('readTargets', () => {
  test('splits arguments at commas and blanks, not inside URLs', async () => {
    const { found, problems } = await read(['10.0.0.1,10.0.0.2 ::1', 'https://a.example/x,y']);
    expect(found).toEqual([
      'argument 1: 10.0.0.1',
      'argument 1: 10.0.0.2',
      'argument 1: ::1',
      'argument 2: https://a.example/x,y',
    ]);
    expect(problems).toEqual([]);
  });

  test('a bad target is named with its place, the others go on', async () => {
    const hosts = await file(
      'hosts.txt',
      '\ufeff# ours\r\n10.0.0.1 10.0.0.2\r\n\r\n010.0.0.1\r\na.example # web\r\n',
    );
    const { found, problems } = await read(['1', hosts, '::1']);
    expect(found).toEqual([
      'hosts.txt line 2: 10.0.0.1',
      'hosts.txt line 2: 10.0.0.2',
      'hosts.txt line 5: a.example',
      'argument 3: ::1',
    ]);
    expect(problems).toEqual([
      expect.stringMatching(/^TARGET_SYNTAX argument 1: "1" /),
      expect.stringMatching(/^TARGET_SYNTAX hosts.txt line 4: "010.0.0.1" .*leading zero/),
    ]);
  });

  test('an empty argument, as an unset shell variable leaves it, is said', async () => {
    expect((await read(['', ','])).problems).toEqual([
      expect.stringMatching(/argument 1: "" .*it is empty/),
      expect.stringMatching(/argument 2: "," .*it is empty/),
    ]);
  });

  test('reads standard input once', async () => {
    const { found, problems } = await read(['-', '-'], '10.0.0.1\nnope:x\n10.0.0.2');
    expect(found).toEqual(['standard input line 1: 10.0.0.1', 'standard input line 3: 10.0.0.2']);
    expect(problems).toEqual([
      expect.stringMatching(/^TARGET_SYNTAX standard input line 2: "nope:x"/),
      expect.stringMatching(/^TARGET_FILE argument 2: .*once only/),
    ]);
  });

  test('a missing file, a folder and a binary file are problems of their own', async () => {
    const binary = await file('binary', new Uint8Array([0x31, 0, 0x0a, 0x31]));
    const { found, problems } = await read([`@${folder}/nope`, `@${folder}`, binary, '10.0.0.1']);
    expect(found).toEqual(['argument 4: 10.0.0.1']);
    expect(problems).toEqual([
      expect.stringMatching(/^TARGET_FILE argument 1: .*nope" \(there is no such file\)/),
      expect.stringMatching(/^TARGET_FILE argument 2: .*\(it is a folder\)/),
      expect.stringMatching(/^TARGET_FILE argument 3: .*\(it is not a text file\)/),
    ]);
  });

  test('a file may name files, relative to itself, but not in a circle', async () => {
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep', 'b.txt'), '10.0.0.2\n@../a.txt\n-\n');
    await symlink(join(folder, 'deep', 'b.txt'), join(folder, 'link.txt'));
    const a = await file('a.txt', '10.0.0.1\n@deep/b.txt\n10.0.0.3');
    const { found, problems } = await read([a, `@${join(folder, 'link.txt')}`]);
    expect(found).toEqual([
      'a.txt line 1: 10.0.0.1',
      'b.txt line 1: 10.0.0.2',
      'a.txt line 3: 10.0.0.3',
      'link.txt line 1: 10.0.0.2',
      'a.txt line 1: 10.0.0.1',
      'a.txt line 3: 10.0.0.3',
    ]);
    expect(problems.filter((text) => text.includes('name each other'))).toHaveLength(2);
    expect(problems.filter((text) => text.includes('command line, not in a file'))).toHaveLength(2);
  });

  test('files nest at most eight deep', async () => {
    for (let depth = 0; depth < 10; depth += 1)
      await file(`n${depth}`, `@n${depth + 1}\n10.0.0.${depth}`);
    const { found, problems } = await read([`@${join(folder, 'n0')}`]);
    expect(found).toHaveLength(8);
    expect(problems).toEqual([expect.stringMatching(/n7 line 1: .*more than 8 deep/)]);
  });

  test('control characters of a file do not reach the terminal', async () => {
    const { problems } = await read([await file('escape', 'a\u001b[2Jb\u202e\n')]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('a\\u{1b}[2Jb\\u{202e}');
  });

  test('a line is yielded before the next one is there, and the signal ends a silent input', async () => {
    const stdin = new PassThrough();
    const stop = new AbortController();
    const targets = readTargets(['-'], { stdin, onProblem: () => {}, signal: stop.signal });
    stdin.write('10.0.0.1\n');
    expect((await targets.next()).value).toMatchObject({ where: 'standard input line 1' });
    const next = targets.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });
});
