import { type Command, InvalidArgumentError } from 'commander';
import { collect, type GlobalOptions } from './options.ts';

export interface EnrolOptions extends GlobalOptions {
  readonly name?: string;
  readonly state?: string;
  readonly ca?: string;
  readonly insecureHttp?: boolean;
}

export interface RunOptions extends GlobalOptions {
  readonly state?: string;
  /** Seconds. */
  readonly poll?: number;
  /** Firewalls before this host, as files. */
  readonly firewall?: readonly string[];
}

/** What the commands of an agent do. */
export interface AgentActions {
  agentEnrol(url: string, token: string | undefined, options: EnrolOptions): Promise<number>;
  agentRun(options: RunOptions): Promise<number>;
}

const EXAMPLES = `
Examples:
  postern agent enrol https://postern.example pse_…   once, with the token that the server showed
  postern agent enrol https://postern.example < token-file
  sudo postern agent run                               audits this host and reports, until Ctrl-C
`;

const MAX_POLL = 3600;

function readPoll(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_POLL) return seconds;
  throw new InvalidArgumentError(`Write seconds from 1 to ${MAX_POLL}.`);
}

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `agent enrol` and `agent run`. */
export function addAgent(program: Command, run: Run, actions: AgentActions): void {
  const agent = program
    .command('agent')
    .summary('report what this host has open to a Postern server')
    .description(
      'Sends the audits of this host to a Postern server; docs/agents.md tells what is in them.',
    )
    .addHelpText('after', EXAMPLES);
  agent
    .command('enrol')
    .summary('join a server with a one-time token')
    .description('Changes a one-time token of the server for one of this host, and keeps that.')
    .argument('<url>', 'https://HOST[:PORT] of the server')
    .argument('[token]', 'else POSTERN_ENROLMENT, else the first line of standard input')
    .option('--name <name>', 'in place of the name that the agent was given at the server')
    .option('--state <dir>', 'folder for token and waiting audits (~/.local/state/postern/agent)')
    .option('--ca <file>', "certificate of the authority that the server's is of (PEM)")
    .option('--insecure-http', 'allow http:// to another machine: everybody on the way reads it')
    .action((url: string, token: string | undefined, _options: unknown, command: Command) =>
      run(actions.agentEnrol(url, token, command.optsWithGlobals<EnrolOptions>())),
    );
  agent
    .command('run')
    .summary('audit this host and report')
    .description(
      'Audits this host when listeners or rules change, and on a schedule, and sends the audits.',
    )
    .option('--state <dir>', 'folder for token and waiting audits (~/.local/state/postern/agent)')
    .option('--poll <seconds>', 'how often to look whether something changed (30)', readPoll)
    .option('--firewall <file>', 'a firewall before this host: its file or folder', collect)
    .action((_options: unknown, command: Command) =>
      run(actions.agentRun(command.optsWithGlobals<RunOptions>())),
    );
}
