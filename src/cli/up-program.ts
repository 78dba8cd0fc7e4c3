import { type Command, InvalidArgumentError } from 'commander';
import { collect, type GlobalOptions } from './options.ts';

export interface UpCommandOptions extends GlobalOptions {
  readonly listen?: string;
  readonly publicUrl?: string;
  readonly workers?: number;
  readonly notify?: string;
  readonly trustProxy?: readonly string[];
}

export interface UpActions {
  up(options: UpCommandOptions): Promise<number>;
}

/** Where the server listens when nothing else is said. */
export const DEFAULT_LISTEN = '127.0.0.1:4100';
const MOST_WORKERS = 64;

const EXAMPLES = `
Examples:
  postern up                                  serve on http://127.0.0.1:4100
  postern up --listen 127.0.0.1:8080 --data /var/lib/postern
  postern up --public-url https://postern.example.org     behind a reverse proxy
`;

function readWorkers(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > MOST_WORKERS) {
    throw new InvalidArgumentError(`It must be a whole number, 0 to ${MOST_WORKERS}.`);
  }
  return Number(text);
}

/** Adds `up`. */
export function addUp(
  program: Command,
  run: (work: Promise<number>) => Promise<void>,
  actions: UpActions,
): void {
  program
    .command('up')
    .summary('run the server: API, schedules, findings, alerts')
    .description(
      'Runs the server until Ctrl-C or SIGTERM: its HTTP API, schedules and alerts; docs/server.md is its page.',
    )
    .option('--listen <place>', 'HOST:PORT, [IPv6]:PORT or PORT (127.0.0.1:4100)')
    .option('--public-url <url>', 'where people reach it, when a reverse proxy stands before it')
    .option('--workers <n>', 'scans at once (2); 0: others run them', readWorkers)
    .option('--notify <file>', 'channels of the operator, beside those of the store')
    .option('--trust-proxy <network>', 'believe X-Forwarded-For of these (repeatable)', collect)
    .addHelpText('after', EXAMPLES)
    .action((_options: unknown, command: Command) =>
      run(actions.up(command.optsWithGlobals<UpCommandOptions>())),
    );
}
