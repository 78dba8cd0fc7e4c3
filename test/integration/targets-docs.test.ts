import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/model/errors.ts';
import { NO_EXCLUSIONS } from '../../src/targets/exclude.ts';
import { countAddresses } from '../../src/targets/expand.ts';
import { parseTarget } from '../../src/targets/parse.ts';
import { parsePorts } from '../../src/targets/ports.ts';
import { readTargets } from '../../src/targets/read.ts';

const page = readFileSync('docs/targets.md', 'utf8');

/** Lines of all fenced blocks of a kind. */
function block(kind: string): string[] {
  const fences = page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'));
  return [...fences].flatMap((match) => (match[1] ?? '').split('\n').filter((line) => line !== ''));
}

/** Cells of the tables' rows that begin with code, by the heading of their first column. */
function rows(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

interface Command {
  readonly targets: string[];
  readonly options: Record<string, string>;
}

/** All options of these examples take a value. */
function commandOf(line: string): Command {
  const [, words = ''] = line.split('postern scan ');
  const command: Command = { targets: [], options: {} };
  const rest = words.split(' ');
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('-') && word !== '-') command.options[word] = rest.shift() ?? '';
    else command.targets.push(word);
  }
  return command;
}

async function count(text: string): Promise<number> {
  const problems: string[] = [];
  const onProblem = ({ message }: Error) => void problems.push(message);
  const { signal } = new AbortController();
  const resolver = { resolve: async () => ({ addresses: [] }) };
  const targets = readTargets([text], { stdin: new PassThrough(), onProblem, signal });
  const total = await countAddresses(targets, {
    exclusions: NO_EXCLUSIONS,
    resolver,
    onProblem,
    signal,
  });
  expect(problems).toEqual([]);
  return total;
}

describe('docs/targets.md', () => {
  test.each(block('sh'))('%s', (line) => {
    const { targets, options } = commandOf(line);
    expect(targets.length).toBeGreaterThan(0);
    expect(
      Object.keys(options).filter((name) => !['-p', '--exclude', '--seed', '--top'].includes(name)),
    ).toEqual([]);
    const exclusions = options['--exclude']?.split(',') ?? [];
    for (const text of [...targets, ...exclusions]) {
      expect(parseTarget(text)).not.toHaveProperty('reason');
    }
    const { tcp, udp } = parsePorts(options['-p'] ?? '443');
    expect(tcp.length + udp.length).toBeGreaterThan(0);
  });

  test.each(rows('Targets'))('%s is %s', (text) => {
    expect(parseTarget(text ?? '')).not.toHaveProperty('reason');
  });

  const sized = rows('Targets').filter(([, , addresses]) => addresses !== '');
  test.each(sized)('%s is %s: %s addresses', async (text, _, addresses) => {
    expect(await count(text ?? '')).toBe(Number(addresses));
  });

  test('the example of a file is read without a problem but for the file it names', async () => {
    const stdin = Readable.from([Buffer.from(block('hosts').join('\n'))]);
    const problems: string[] = [];
    const found: string[] = [];
    const targets = readTargets(['-'], {
      stdin,
      onProblem: ({ message }) => problems.push(message),
      signal: new AbortController().signal,
    });
    for await (const { target } of targets) found.push(target.text);
    expect(found).toEqual([
      '192.0.2.1',
      '192.0.2.254',
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
      'intranet.example',
    ]);
    expect(problems).toEqual([expect.stringMatching(/"printers.txt" \(there is no such file\)/)]);
  });

  test.each(block('refused').map((line) => line.split(/ {2,}/)))(
    '%s is refused: %s',
    (text, reason) => {
      expect(parseTarget(text ?? '')).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining(reason ?? '?'),
      });
    },
  );

  test.each(rows('Ports'))('-p %s (%s)', (text) => {
    const { tcp, udp } = parsePorts(text ?? '');
    expect(tcp.length + udp.length).toBeGreaterThan(0);
  });

  test('names error codes that exist', () => {
    const codes = page.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => !(code in ERRORS))).toEqual([]);
  });
});
