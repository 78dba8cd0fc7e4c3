import type { Command } from 'commander';
import type { GlobalOptions } from './options.ts';

export interface WorkerOptions extends GlobalOptions {
  readonly once?: boolean;
  /** Who holds what it claims. */
  readonly as?: string;
}

export interface WorkerActions {
  worker(options: WorkerOptions): Promise<number>;
}

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `worker`. */
export function addWorker(program: Command, run: Run, actions: WorkerActions): void {
  program
    .command('worker')
    .summary('run waiting scans, for a server elsewhere')
    .description(
      'Runs jobs of the queue one after the other. A server starts its own; on other machines it needs the PostgreSQL database that POSTERN_DATABASE_URL names.',
    )
    .option('--once', 'run one job, if one waits, and end')
    .option('--as <name>', 'whose job it is in the queue')
    .action((_options: unknown, command: Command) =>
      run(actions.worker(command.optsWithGlobals<WorkerOptions>())),
    );
}
