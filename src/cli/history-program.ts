import type { Command } from 'commander';
import type { GlobalOptions } from './options.ts';

const HISTORY_EXAMPLES = `
Examples:
  postern history 192.0.2.7              every port of the host that was ever seen open
  postern history db.example.org:5432    one port: when it was open, and what answered
`;

const DIFF_EXAMPLES = `
Examples:
  postern diff                           the last scan against the one before that asked the same
  postern diff 2026-01-01 2026-02-01     what changed between two dates
  postern diff old.xml new.json          report files: JSON of Postern, XML of nmap
  postern diff previous last --json
`;

export interface ImportOptions extends GlobalOptions {
  readonly vantage?: string;
}

export interface CompactOptions extends GlobalOptions {
  readonly now?: true;
}

/** What the commands about the store do. */
export interface HistoryActions {
  history(place: string, options: GlobalOptions): Promise<number>;
  diff(sides: readonly string[], options: GlobalOptions): Promise<number>;
  import(files: readonly string[], options: ImportOptions): Promise<number>;
  backup(file: string, options: GlobalOptions): Promise<number>;
  restore(file: string, options: GlobalOptions): Promise<number>;
  migrate(options: GlobalOptions): Promise<number>;
  check(options: GlobalOptions): Promise<number>;
  compact(options: CompactOptions): Promise<number>;
}

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `history`, `diff`, `import` and `db`. */
export function addHistory(program: Command, run: Run, actions: HistoryActions): void {
  program
    .command('history')
    .summary('when a port was open, and what answered')
    .description('Tells what the store knows of a host or of one port of it, over time.')
    .argument('<place>', 'HOST, HOST:PORT or HOST:PORT/udp; address or name')
    .addHelpText('after', HISTORY_EXAMPLES)
    .action((place: string, _options: unknown, command: Command) =>
      run(actions.history(place, command.optsWithGlobals<GlobalOptions>())),
    );
  program
    .command('diff')
    .summary('what changed between two looks')
    .description(
      'Tells what changed between two scans, two dates or two report files. A port that one of them did not cover is no change.',
    )
    .argument('[a]', 'scan id, last, previous, date or file (previous)')
    .argument('[b]', 'the same (last)')
    .addHelpText('after', DIFF_EXAMPLES)
    .action((a: string | undefined, b: string | undefined, _options: unknown, command: Command) => {
      const sides = [a, b].filter((side) => side !== undefined);
      return run(actions.diff(sides, command.optsWithGlobals<GlobalOptions>()));
    });
  program
    .command('import')
    .summary('take in reports of nmap, masscan, naabu and zgrab2')
    .description(
      'Stores reports of other scanners: nmap XML, masscan JSON or list, naabu and zgrab2 JSON lines.',
    )
    .argument('<file...>', 'report files, in any order')
    .option('--vantage <name>', 'the machine they were made on (the name of the tool)')
    .action((files: string[], _options: unknown, command: Command) =>
      run(actions.import(files, command.optsWithGlobals<ImportOptions>())),
    );
  addDb(program, run, actions);
}

function addDb(program: Command, run: Run, actions: HistoryActions): void {
  const db = program
    .command('db')
    .summary('back up, restore, upgrade and check the store')
    .description('Looks after the store that scans are kept in.');
  db.command('backup')
    .description('Writes all of the store to a new file, while it is in use.')
    .argument('<file>', 'file to write')
    .action((file: string, _options: unknown, command: Command) =>
      run(actions.backup(file, command.optsWithGlobals<GlobalOptions>())),
    );
  db.command('restore')
    .description('Fills a new, empty store from a backup, whichever kind of store made it.')
    .argument('<file>', 'file to read')
    .action((file: string, _options: unknown, command: Command) =>
      run(actions.restore(file, command.optsWithGlobals<GlobalOptions>())),
    );
  db.command('migrate')
    .description('Brings the store to the schema of this version. Every other command does it too.')
    .action((_options: unknown, command: Command) =>
      run(actions.migrate(command.optsWithGlobals<GlobalOptions>())),
    );
  db.command('check')
    .description('Looks for damage, and for what cannot be so.')
    .action((_options: unknown, command: Command) =>
      run(actions.check(command.optsWithGlobals<GlobalOptions>())),
    );
  db.command('compact')
    .description(
      'Tells what retention lets go of, of every tenant; with --now takes it away and gives the room back. A server does it by itself every day.',
    )
    .option('--now', 'take it away')
    .action((_options: unknown, command: Command) =>
      run(actions.compact(command.optsWithGlobals<CompactOptions>())),
    );
}
