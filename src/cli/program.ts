import { Command, Option } from 'commander';
import { PORT_STATES } from '../model/port.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { PhantomMode } from '../probe/phantom/host-watch.ts';
import { type AgentActions, addAgent } from './agent-program.ts';
import { addFindings, type FindingsActions } from './findings-program.ts';
import { addHistory, type HistoryActions } from './history-program.ts';
import { addInside, type InsideActions } from './inside-program.ts';
import { addNotify, type NotifyActions } from './notify-program.ts';
import {
  collect,
  type GivenOptions,
  type GlobalOptions,
  readLimit,
  readSeed,
  readShard,
  readShow,
  readTimeout,
  readTop,
} from './options.ts';
import { addRemedies, type RemedyActions } from './remedy-program.ts';
import { addSchedule, type ScheduleActions } from './schedule-program.ts';
import type { Terminal } from './terminal.ts';
import { addUp, type UpActions } from './up-program.ts';
import { addUser, type UserActions } from './user-program.ts';
import { addWorker, type WorkerActions } from './worker-program.ts';

const ENGINES = ['auto', 'syn', 'connect', 'epoll', 'node'];
/** When to look for phantoms; the words of `PhantomMode`. */
const PHANTOMS = ['auto', 'always', 'never'] as const satisfies readonly PhantomMode[];
/** Formats of a scan report, as `--format` names them. */
const FORMATS = ['table', 'json', 'jsonl', 'csv', 'xml', 'html', 'sarif', 'markdown'];

const EXAMPLES = `
Examples:
  postern scan 127.0.0.1                      what is open here, and should it be?
  postern scan example.org 192.0.2.0/28       hosts, networks, ranges, @files, - for stdin
  postern scan @hosts.txt -p 22,80,8000-8100 -o report.html -o report.json
  postern ports 6379                          what uses this port, and why it is a risk
  sudo postern audit                          who listens on this host, and who can reach it?
  sudo postern close 6379                     the rule that closes a port of this host
`;

const SCAN_EXAMPLES = `
Examples:
  postern scan 192.0.2.7 -p -                 all 65,535 TCP ports
  postern scan 10.0.0.0/24 --exclude 10.0.0.1 --top 100
  postern scan @hosts.txt --plan              what would be sent; sends nothing
  postern scan example.org --format jsonl | jq .
  postern scan 10.0.0.0/16 --resume scan.state     begin; the same again, or
  postern scan --resume scan.state                 to go on after it was ended
`;

/** What commands do about hosts, from outside and from inside. */
interface HostActions extends InsideActions, RemedyActions {
  scan(targets: readonly string[], options: GivenOptions): Promise<number>;
  ports(query: readonly string[], options: GlobalOptions): Promise<number>;
}

type StoreActions = AgentActions &
  FindingsActions &
  HistoryActions &
  NotifyActions &
  ScheduleActions &
  UpActions &
  UserActions &
  WorkerActions;

/** What the commands do; actions.ts binds the real ones, loaded only when called. */
export type Actions = HostActions & StoreActions;

export interface Built {
  readonly program: Command;
  /** Exit code of the action that ran; 0 when none did. */
  readonly exitCode: () => number;
}

function addScan(
  program: Command,
  run: (work: Promise<number>) => Promise<void>,
  actions: Actions,
) {
  program
    .command('scan')
    .summary('find open ports, say what answers, judge it')
    .description(
      'Finds the open ports of hosts and networks, says what answers and judges each port.',
    )
    .argument('[target...]', 'address, CIDR, range, name, @file or - (stdin)')
    .option('-p, --ports <list>', '22,80,8000-8100 · - for all · ssh,postgresql · U:53,161')
    .option('--top <n>', 'the n ports met most often', readTop)
    .option('--exclude <list>', 'never touch these; same notation, @file too', collect)
    .addOption(new Option('--engine <name>', 'auto, syn, connect, epoll or node').choices(ENGINES))
    .option('--rate <n>', 'probes per second in all: a number, max or auto', readLimit)
    .option('--per-host <n>', 'the same for each host', readLimit)
    .option('--timeout <ms>', 'longest wait for one probe (3000)', readTimeout)
    .option('--seed <n>', 'order of probes: same seed, same order', readSeed)
    .option('--edges <file>', 'addresses of CDNs and proxies, beside those known')
    .option('--no-identify', 'find open ports only; ask nothing')
    .option('--no-save', 'do not store what was found')
    .addOption(
      new Option(
        '--phantoms <when>',
        'tell phantom ports from services: auto, always or never',
      ).choices(PHANTOMS),
    )
    .addOption(new Option('--format <name>', FORMATS.join(', ')).choices(FORMATS))
    .option('-o, --output <file>', 'also write a report; its ending chooses the form', collect)
    .addOption(
      new Option('--show <states>', 'list open, closed, filtered, unreachable or all')
        .choices([...PORT_STATES, 'all'])
        .argParser(readShow),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 from this severity on (high), or never').choices([
        ...SEVERITIES,
        'never',
      ]),
    )
    .option('--shard <i/n>', 'scan part i of n; the n parts are the whole', readShard)
    .addOption(
      new Option(
        '--resume <file>',
        'keep progress in file; go on from it when it is there',
      ).conflicts('plan'),
    )
    .option('--stats', 'counters as a line of JSON a second on stderr, in place of the bar')
    .option('--plan', 'say what would be sent and for how long; send nothing')
    .addHelpText('after', SCAN_EXAMPLES)
    .action((targets: string[], _options: unknown, command: Command) => {
      const given = givenOptions(command);
      if (targets.length === 0 && given.resume === undefined) {
        command.error("error: missing required argument 'target'");
      }
      return run(actions.scan(targets, given));
    });
}

/** commander sets `identify` for want of --no-identify, and `save` for want of --no-save. */
function givenOptions(command: Command): GivenOptions {
  const { identify, save, ...given } = command.optsWithGlobals<GivenOptions>();
  return {
    ...given,
    ...(identify === false ? { identify } : {}),
    ...(save === false ? { save } : {}),
  };
}

function addPorts(
  program: Command,
  run: (work: Promise<number>) => Promise<void>,
  actions: Actions,
) {
  program
    .command('ports')
    .summary('explain a port: what uses it, why it is a risk')
    .description(
      'Explains ports: by number, service name, group or any word. Without one, all groups.',
    )
    .argument('[query...]', '6379 · postgresql · database · "remote desktop"')
    .action((query: string[], _options: unknown, command: Command) =>
      run(actions.ports(query, command.optsWithGlobals<GlobalOptions>())),
    );
}

/** Stands in help for the command that `@bomb.sh/tab` brings when it is called. */
export function addCompletePlaceholder(program: Command): void {
  program
    .command('complete [shell]')
    .summary('print a completion script for bash, zsh, fish or powershell')
    .description(
      'Prints a completion script: source <(postern complete bash), likewise zsh and fish.',
    );
}

/** The command line: every command, option and help text. Parsing never ends the process. */
export function buildProgram(version: string, terminal: Terminal, actions: Actions): Built {
  let code = 0;
  const run = async (work: Promise<number>): Promise<void> => {
    code = await work;
  };
  const program = new Command('postern')
    .description('Which of our doors are open, and should they be?')
    .version(version, '-V, --version', 'print the version')
    .option('--policy <file>', 'which ports are expected, and from where (postern.yaml)')
    .option('--data <dir>', 'folder of the store (~/.local/share/postern)')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'no progress and no notes on stderr')
    .option('-v, --verbose', 'more on stderr')
    // choices are for shell completion; in help the descriptions name them
    .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
    })
    .showHelpAfterError('(postern --help lists the commands, postern COMMAND --help its options)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addScan(program, run, actions);
  addPorts(program, run, actions);
  addInside(program, run, actions);
  addRemedies(program, run, actions);
  addHistory(program, run, actions);
  addNotify(program, run, actions);
  addFindings(program, run, actions);
  addUp(program, run, actions);
  addUser(program, run, actions);
  addSchedule(program, run, actions);
  addWorker(program, run, actions);
  addAgent(program, run, actions);
  return { program, exitCode: () => code };
}
