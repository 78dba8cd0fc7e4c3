import type { Command } from 'commander';
import type { GlobalOptions } from './options.ts';

export interface NotifyOptions extends GlobalOptions {
  readonly config?: string;
}

/** What the commands about alerts do. */
export interface NotifyActions {
  notifyTest(channel: string, options: NotifyOptions): Promise<number>;
  notifyList(options: NotifyOptions): Promise<number>;
}

const EXAMPLES = `
Examples:
  postern notify list                         the channels set up, and those there are
  postern notify test office                  send a message over the channel "office"
`;

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `notify test` and `notify list`. */
export function addNotify(program: Command, run: Run, actions: NotifyActions): void {
  const notify = program
    .command('notify')
    .summary('try the channels that alerts go to')
    .description('Shows and tries the channels that alerts go to; docs/alerts.md tells of each.')
    .addHelpText('after', EXAMPLES);
  configOption(
    notify
      .command('test')
      .summary('send a message over a channel')
      .description('Sends a test message over a channel and says whether it was taken.')
      .argument('<channel>', 'its name in the settings'),
  ).action((channel: string, _options: unknown, command: Command) =>
    run(actions.notifyTest(channel, command.optsWithGlobals<NotifyOptions>())),
  );
  configOption(
    notify
      .command('list')
      .summary('list channels')
      .description('Lists the channels that are set up, and the kinds there are.'),
  ).action((_options: unknown, command: Command) =>
    run(actions.notifyList(command.optsWithGlobals<NotifyOptions>())),
  );
}

function configOption(command: Command): Command {
  return command.option('--config <file>', 'the alert settings (notify.yaml)');
}
