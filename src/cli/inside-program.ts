import { type Command, Option } from 'commander';
import { KIND_NAMES, type KindName } from '../firewall/layer.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import { collect, type GlobalOptions } from './options.ts';
import { readPort } from './remedy-options.ts';

export interface AuditOptions extends GlobalOptions {
  /** True: look at the own addresses; a text: the report of a scan made elsewhere. */
  readonly outside?: string | true;
  /** Firewalls before this host, as files. */
  readonly firewall?: readonly string[];
  readonly output?: readonly string[];
  readonly failOn?: Severity | 'never';
}

export interface ExplainOptions extends GlobalOptions {
  readonly udp?: boolean;
  readonly from?: string;
  readonly device?: string;
  readonly firewall?: readonly string[];
}

export interface FirewallOptions extends GlobalOptions {
  readonly kind?: KindName;
  readonly to?: KindName;
  readonly output?: string;
  readonly failOn?: Severity | 'never';
}

/** What the commands of the inside view do; main.ts binds the real ones, loaded only when called. */
export interface InsideActions {
  audit(options: AuditOptions): Promise<number>;
  explain(port: number, options: ExplainOptions): Promise<number>;
  firewallShow(files: readonly string[], options: FirewallOptions): Promise<number>;
  firewallLint(files: readonly string[], options: FirewallOptions): Promise<number>;
  firewallCompare(files: readonly [string, string], options: FirewallOptions): Promise<number>;
  firewallConvert(file: string, options: FirewallOptions): Promise<number>;
}

type Run = (work: Promise<number>) => Promise<void>;

const AUDIT_EXAMPLES = `
Examples:
  sudo postern audit                          every listener, who can reach it, and should they?
  sudo postern audit --outside                the same, and look at the own addresses first
  sudo postern audit --outside scan.json      joined with a scan that another machine made
  sudo postern audit --firewall sg.json       asks a security group before this host's firewall
`;

const EXPLAIN_EXAMPLES = `
Examples:
  sudo postern explain 5432                       who gets in to port 5432, and by which rule
  sudo postern explain 53 --udp --from 192.0.2.9  walks one packet; -v lists every rule
`;

const FIREWALL_EXAMPLES = `
Examples:
  postern firewall lint /etc/nftables.conf        what is wrong with it
  postern firewall compare sg.json /etc/ufw       where the two disagree
  postern firewall convert /etc/ufw --to nftables the same intent for another kind
`;

function failOn(): Option {
  return new Option(
    '--fail-on <severity>',
    'exit 1 from this severity on (high), or never',
  ).choices([...SEVERITIES, 'never']);
}

function kindOption(): Option {
  return new Option('--kind <name>', 'which firewall the files are of').choices([...KIND_NAMES]);
}

function addAudit(program: Command, run: Run, actions: InsideActions): void {
  program
    .command('audit')
    .summary('who listens on this host, and who can reach it?')
    .description(
      'Lists every listener of this host, reads every firewall layer, works out who can reach what, and judges each port.',
    )
    .option('--outside [report]', 'probe the own addresses, or take a scan made elsewhere (JSON)')
    .option('--firewall <file>', 'a firewall before this host: its file or folder', collect)
    .option('-o, --output <file>', 'also write the audit as JSON', collect)
    .addOption(failOn())
    .addHelpText('after', AUDIT_EXAMPLES)
    .action((_options: unknown, command: Command) =>
      run(actions.audit(command.optsWithGlobals<AuditOptions>())),
    );
}

function addExplain(program: Command, run: Run, actions: InsideActions): void {
  program
    .command('explain')
    .summary('walk a packet to a port of this host through every firewall rule')
    .description('Says who gets in to a port of this host, and which rule of which layer decides.')
    .argument('<port>', 'port number', readPort)
    .option('--udp', 'UDP instead of TCP')
    .option('--from <address>', 'one source address: the packet is walked rule by rule')
    .option('--device <name>', 'network device it comes in on')
    .option('--firewall <file>', 'ask this file or folder instead of this host', collect)
    .addHelpText('after', EXPLAIN_EXAMPLES)
    .action((port: number, _options: unknown, command: Command) =>
      run(actions.explain(port, command.optsWithGlobals<ExplainOptions>())),
    );
}

function addFirewall(program: Command, run: Run, actions: InsideActions): void {
  const firewall = program
    .command('firewall')
    .summary('show, lint, compare and convert firewall rules')
    .description(
      'Works on firewall rules in files: nftables, iptables, ufw, firewalld, Windows, AWS, pf, OPNsense, Cisco.',
    )
    .addHelpText('after', FIREWALL_EXAMPLES);
  const options = (command: Command): FirewallOptions => command.optsWithGlobals<FirewallOptions>();
  firewall
    .command('show')
    .description('What the rules let in: ports and sources. Without a file: those of this host.')
    .argument('[file...]', 'file or folder of one firewall each')
    .addOption(kindOption())
    .action((files: string[], _options: unknown, command: Command) =>
      run(actions.firewallShow(files, options(command))),
    );
  firewall
    .command('lint')
    .description('What is wrong with the rules. Without a file: those of this host.')
    .argument('[file...]', 'file or folder of one firewall each')
    .addOption(kindOption())
    .addOption(failOn())
    .action((files: string[], _options: unknown, command: Command) =>
      run(actions.firewallLint(files, options(command))),
    );
  firewall
    .command('compare')
    .description('Where two firewalls disagree: what one lets in and the other does not.')
    .argument('<a>', 'file or folder, or "host" for this one')
    .argument('<b>', 'file or folder, or "host" for this one')
    .action((a: string, b: string, _options: unknown, command: Command) =>
      run(actions.firewallCompare([a, b], options(command))),
    );
  firewall
    .command('convert')
    .description('Writes what the rules let in for another kind of firewall.')
    .argument('<file>', 'file or folder, or "host" for this one')
    .addOption(kindOption())
    .addOption(
      new Option('--to <kind>', 'kind to write').choices([...KIND_NAMES]).makeOptionMandatory(),
    )
    .option('-o, --output <folder>', 'write the files into this folder')
    .action((file: string, _options: unknown, command: Command) =>
      run(actions.firewallConvert(file, options(command))),
    );
}

/** The commands that look at this host and its firewalls. */
export function addInside(program: Command, run: Run, actions: InsideActions): void {
  addAudit(program, run, actions);
  addExplain(program, run, actions);
  addFirewall(program, run, actions);
}
