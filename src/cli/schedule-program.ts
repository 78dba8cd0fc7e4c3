import type { Command } from 'commander';
import { collect, type GlobalOptions, readTop } from './options.ts';

export interface ScheduleAddOptions extends GlobalOptions {
  readonly name: string;
  readonly cron?: string;
  readonly every?: string;
  readonly priority?: boolean;
  readonly timeZone?: string;
  readonly blackout?: readonly string[];
  readonly strict?: boolean;
  readonly jitter?: string;
  readonly ports?: string;
  readonly top?: number;
  readonly exclude?: readonly string[];
}

/** What the commands about schedules do. */
export interface ScheduleActions {
  scheduleList(options: GlobalOptions): Promise<number>;
  scheduleAdd(targets: readonly string[], options: ScheduleAddOptions): Promise<number>;
  scheduleRemove(schedule: string, options: GlobalOptions): Promise<number>;
  scheduleRun(schedule: string, options: GlobalOptions): Promise<number>;
}

const EXAMPLES = `
Examples:
  postern schedule add 192.0.2.0/24 --name office --cron '0 3 * * *' --time-zone Europe/Berlin
  postern schedule add www.example.org --name web --every 6h --blackout 'mon,tue 08:00-18:00'
  postern schedule run office --now
`;

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `schedule list`, `add`, `remove` and `run`. */
export function addSchedule(program: Command, run: Run, actions: ScheduleActions): void {
  const schedule = program
    .command('schedule')
    .summary('scans that come again and again')
    .description(
      'Shows and changes schedules. A server (or a worker) on the same store runs them; docs/schedules.md tells of all.',
    )
    .addHelpText('after', EXAMPLES);
  schedule
    .command('list')
    .summary('list schedules')
    .description('Lists schedules, with their last and next run.')
    .action((_options: unknown, command: Command) =>
      run(actions.scheduleList(command.optsWithGlobals<GlobalOptions>())),
    );
  addAdd(schedule, run, actions);
  schedule
    .command('remove')
    .summary('take a schedule away')
    .description('Takes a schedule away. A scan of it that is under way goes on.')
    .argument('<schedule>', 'its name or id')
    .action((name: string, _options: unknown, command: Command) =>
      run(actions.scheduleRemove(name, command.optsWithGlobals<GlobalOptions>())),
    );
  schedule
    .command('run')
    .summary('run a schedule now')
    .description('Queues a run of a schedule now, in a blackout too.')
    .argument('<schedule>', 'its name or id')
    .requiredOption('--now', 'at once, beside its times')
    .action((name: string, _options: unknown, command: Command) =>
      run(actions.scheduleRun(name, command.optsWithGlobals<GlobalOptions>())),
    );
}

function addAdd(schedule: Command, run: Run, actions: ScheduleActions): void {
  schedule
    .command('add')
    .summary('add a schedule')
    .description(
      'Adds a schedule, and grants its targets. One of --cron, --every and --priority says when it runs.',
    )
    .argument('[target...]', 'address, CIDR, range or name')
    .requiredOption('--name <name>', 'what to call it')
    .option('--cron <pattern>', 'minute, hour, day, month, day of week')
    .option('--every <time>', '30min, 6h, 1d')
    .option('--priority', 'every host again by what was found there last')
    .option('--time-zone <name>', 'IANA name, as in Europe/Berlin (UTC)')
    .option(
      '--blackout <window>',
      "no run begins in it: 'mon,tue 08:00-18:00', '22:00-06:00'",
      collect,
    )
    .option('--strict', 'a scan under way stops for a blackout')
    .option('--jitter <time>', 'later by up to this much')
    .option('-p, --ports <list>', 'ports, as for postern scan')
    .option('--top <n>', 'the n most common TCP ports', readTop)
    .option('--exclude <target>', 'leave alone', collect)
    .action((targets: string[], _options: unknown, command: Command) =>
      run(actions.scheduleAdd(targets, command.optsWithGlobals<ScheduleAddOptions>())),
    );
}
