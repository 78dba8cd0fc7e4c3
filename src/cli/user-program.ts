import type { Command } from 'commander';
import type { GlobalOptions } from './options.ts';

export interface UserResetOptions extends GlobalOptions {
  readonly secondFactor?: boolean;
  readonly publicUrl?: string;
}

export interface UserActions {
  userReset(email: string, options: UserResetOptions): Promise<number>;
}

const EXAMPLES = `
Examples:
  postern user reset ada@example.org                   prints a link for her
  postern user reset ada@example.org --second-factor   she has lost the app and the backup codes too
`;

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `user reset`. */
export function addUser(program: Command, run: Run, actions: UserActions): void {
  const user = program
    .command('user')
    .summary('people of a server, for who runs it')
    .description(
      'Helps people of a server, on the store that it serves; docs/users.md tells of all.',
    )
    .addHelpText('after', EXAMPLES);
  user
    .command('reset')
    .summary('print a link to choose a new password')
    .description(
      'Prints a link by which somebody chooses a new password, once, within an hour. A link before it ends.',
    )
    .argument('<email>', 'whose account it is')
    .option('--second-factor', 'using it switches the second factor off too')
    .option('--public-url <url>', 'where people reach the server (as it last started)')
    .action((email: string, _options: unknown, command: Command) =>
      run(actions.userReset(email, command.optsWithGlobals<UserResetOptions>())),
    );
}
