import { readFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { PosternError } from '../model/errors.ts';
import { actionsFor } from './actions.ts';
import { EXIT } from './exit.ts';
import { addCompletePlaceholder, buildProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const version = await packageVersion();
  const { program, exitCode } = buildProgram(version, terminal, actionsFor(terminal, version));
  if (args[0] === 'complete') (await import('@bomb.sh/tab/commander')).default(program);
  else addCompletePlaceholder(program);
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.usage;
  }
  await program.parseAsync([...args], { from: 'user' });
  return exitCode();
}

function codeOf(thrown: unknown, terminal: Terminal): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (!(thrown instanceof PosternError)) throw thrown;
  terminal.err.write(`error ${thrown.code}: ${thrown.message}\n${thrown.todo}\n`);
  return thrown.effect === 'usage' ? EXIT.usage : EXIT.partial;
}

/** Runs the command line `args` (without node and script) and resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal: Terminal = { out: process.stdout, err: process.stderr };
  // `postern … | head` closes our output: that ends the work quietly, as other tools do
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.fine : EXIT.partial);
  });
  // notes nobody reads any more must not end the scan
  process.stderr.on('error', () => undefined);
  try {
    return await run(args, terminal);
  } catch (thrown) {
    return codeOf(thrown, terminal);
  }
}
