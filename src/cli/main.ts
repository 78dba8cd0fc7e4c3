import { readFile } from 'node:fs/promises';
import { CommanderError } from 'commander';
import { PosternError } from '../model/errors.ts';
import { EXIT } from './exit.ts';
import {
  type Actions,
  addCompletePlaceholder,
  buildProgram,
  type HostActions,
  type StoreActions,
} from './program.ts';
import type { Terminal } from './terminal.ts';

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

function actionsFor(terminal: Terminal, version: string): Actions {
  return { ...hostActions(terminal, version), ...storeActions(terminal, version) };
}

function hostActions(terminal: Terminal, version: string): HostActions {
  return {
    scan: async (targets, options) =>
      (await import('./commands/scan.ts')).scanCommand(targets, options, terminal, version),
    ports: async (query, options) =>
      (await import('./commands/ports.ts')).portsCommand(query, options, terminal),
    audit: async (options) =>
      (await import('./commands/audit.ts')).auditCommand(options, terminal, version),
    explain: async (port, options) =>
      (await import('./commands/explain.ts')).explainCommand(port, options, terminal),
    firewallShow: async (files, options) =>
      (await import('./commands/firewall.ts')).showCommand(files, options, terminal),
    firewallLint: async (files, options) =>
      (await import('./commands/firewall.ts')).lintCommand(files, options, terminal),
    firewallCompare: async (files, options) =>
      (await import('./commands/firewall.ts')).compareCommand(files, options, terminal),
    firewallConvert: async (file, options) =>
      (await import('./commands/firewall.ts')).convertCommand(file, options, terminal),
    close: async (port, options) =>
      (await import('./commands/close.ts')).closeCommand(port, options, terminal),
    restrict: async (port, options) =>
      (await import('./commands/restrict.ts')).restrictCommand(port, options, terminal),
    confirm: async (id, options) =>
      (await import('./commands/confirm.ts')).confirmCommand(id, options, terminal),
    undo: async (id, options) =>
      (await import('./commands/undo.ts')).undoCommand(id, options, terminal),
  };
}

/** Of what is kept, and of a server. */
function storeActions(terminal: Terminal, version: string): StoreActions {
  return {
    history: async (place, options) =>
      (await import('./commands/history.ts')).historyCommand(place, options, terminal),
    diff: async (sides, options) =>
      (await import('./commands/diff.ts')).diffCommand(sides, options, terminal),
    import: async (files, options) =>
      (await import('./commands/import.ts')).importCommand(files, options, terminal),
    backup: async (file, options) =>
      (await import('./commands/db.ts')).backupCommand(file, options, terminal),
    restore: async (file, options) =>
      (await import('./commands/db.ts')).restoreCommand(file, options, terminal),
    migrate: async (options) =>
      (await import('./commands/db.ts')).migrateCommand(options, terminal),
    check: async (options) => (await import('./commands/db.ts')).checkCommand(options, terminal),
    agentEnrol: async (url, token, options) =>
      (await import('./commands/agent.ts')).enrolCommand(url, token, options, terminal, version),
    agentRun: async (options) =>
      (await import('./commands/agent.ts')).runCommand(options, terminal, version),
    compact: async (options) =>
      (await import('./commands/db.ts')).compactCommand(options, terminal),
    notifyTest: async (channel, options) =>
      (await import('./commands/notify.ts')).notifyTestCommand(channel, options, terminal),
    notifyList: async (options) =>
      (await import('./commands/notify.ts')).notifyListCommand(options, terminal),
    findings: async (options) =>
      (await import('./commands/findings.ts')).findingsCommand(options, terminal),
    findingShow: async (id, options) =>
      (await import('./commands/findings.ts')).findingShowCommand(id, options, terminal),
    findingAccept: async (id, options) =>
      (await import('./commands/findings.ts')).findingAcceptCommand(id, options, terminal),
    findingUnaccept: async (id, options) =>
      (await import('./commands/findings.ts')).findingUnacceptCommand(id, options, terminal),
    findingAssign: async (id, person, options) =>
      (await import('./commands/findings.ts')).findingAssignCommand(id, person, options, terminal),
    findingComment: async (id, text, options) =>
      (await import('./commands/findings.ts')).findingCommentCommand(id, text, options, terminal),
    up: async (options) => (await import('./commands/up.ts')).upCommand(options, terminal, version),
    scheduleList: async (options) =>
      (await import('./commands/schedule.ts')).scheduleListCommand(options, terminal),
    scheduleAdd: async (targets, options) =>
      (await import('./commands/schedule.ts')).scheduleAddCommand(targets, options, terminal),
    scheduleRemove: async (name, options) =>
      (await import('./commands/schedule.ts')).scheduleRemoveCommand(name, options, terminal),
    scheduleRun: async (name, options) =>
      (await import('./commands/schedule.ts')).scheduleRunCommand(name, options, terminal),
    worker: async (options) =>
      (await import('./commands/worker.ts')).workerCommand(options, terminal, version),
  };
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
