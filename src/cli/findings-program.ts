import { type Command, Option } from 'commander';
import { FINDING_STATUSES } from '../model/history.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { GlobalOptions } from './options.ts';

export interface FindingsOptions extends GlobalOptions {
  readonly status?: string;
  readonly severity?: string;
  readonly rule?: string;
  readonly host?: string;
  readonly assignee?: string;
}

export interface AcceptOptions extends GlobalOptions {
  readonly reason: string;
  readonly until: string;
}

/** What the commands about findings do; an id may be shortened while it is the only one. */
export interface FindingsActions {
  findings(options: FindingsOptions): Promise<number>;
  findingShow(id: string, options: GlobalOptions): Promise<number>;
  findingAccept(id: string, options: AcceptOptions): Promise<number>;
  findingUnaccept(id: string, options: GlobalOptions): Promise<number>;
  findingAssign(id: string, person: string | undefined, options: GlobalOptions): Promise<number>;
  findingComment(id: string, text: string, options: GlobalOptions): Promise<number>;
}

const EXAMPLES = `
Examples:
  postern findings                            what is open, worst first
  postern findings --status accepted --host 192.0.2.7
  postern findings accept 3f2a --reason "legacy, behind the VPN" --until 2026-12-31
  postern findings assign 3f2a anna
  postern findings assign 3f2a                to nobody
`;

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `findings` and what is under it. */
export function addFindings(program: Command, run: Run, actions: FindingsActions): void {
  const findings = program
    .command('findings')
    .summary('list findings; accept, assign or comment one')
    .description('Lists the findings of the store, and keeps what people decide about them.')
    .addOption(
      new Option('--status <status>', 'open, accepted or resolved (open)').choices(
        FINDING_STATUSES,
      ),
    )
    .addOption(new Option('--severity <word>', 'this bad, or worse').choices(SEVERITIES))
    .option('--rule <id>', 'of this rule (docs/rules.md)')
    .option('--host <address>', 'of this address')
    .option('--assignee <person>', 'that this person sees to')
    .addHelpText('after', EXAMPLES)
    .action((_options: unknown, command: Command) =>
      run(actions.findings(command.optsWithGlobals<FindingsOptions>())),
    );
  findings
    .command('show')
    .summary('one finding, and what happened to it')
    .description('Shows a finding and everything that happened to it.')
    .argument('<id>', 'its id, or the beginning of it')
    .action((id: string, _options: unknown, command: Command) =>
      run(actions.findingShow(id, command.optsWithGlobals<GlobalOptions>())),
    );
  addDeeds(findings, run, actions);
}

function addDeeds(findings: Command, run: Run, actions: FindingsActions): void {
  findings
    .command('accept')
    .summary('take a finding for right, for a time and a reason')
    .description('Takes a finding for right until a date, when it is open again.')
    .argument('<id>', 'its id, or the beginning of it')
    .requiredOption('--reason <text>', 'why it is right')
    .requiredOption('--until <date>', '2026-12-31, within 366 days')
    .action((id: string, _options: unknown, command: Command) =>
      run(actions.findingAccept(id, command.optsWithGlobals<AcceptOptions>())),
    );
  findings
    .command('unaccept')
    .summary('take an acceptance back')
    .description('Opens a finding again that was accepted.')
    .argument('<id>', 'its id, or the beginning of it')
    .action((id: string, _options: unknown, command: Command) =>
      run(actions.findingUnaccept(id, command.optsWithGlobals<GlobalOptions>())),
    );
  findings
    .command('assign')
    .summary('say who sees to a finding')
    .description('Says who sees to a finding; without a person: nobody.')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('[person]', 'who sees to it')
    .action((id: string, person: string | undefined, _options: unknown, command: Command) =>
      run(actions.findingAssign(id, person, command.optsWithGlobals<GlobalOptions>())),
    );
  findings
    .command('comment')
    .summary('write something to a finding')
    .description('Writes a comment to a finding.')
    .argument('<id>', 'its id, or the beginning of it')
    .argument('<text>', 'what to write')
    .action((id: string, text: string, _options: unknown, command: Command) =>
      run(actions.findingComment(id, text, command.optsWithGlobals<GlobalOptions>())),
    );
}
