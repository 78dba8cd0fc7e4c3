import { type Command, Option } from 'commander';
import { KIND_NAMES } from '../firewall/layer.ts';
import { collect } from './options.ts';
import {
  type ChangeOptions,
  type RemedyOptions,
  type RestrictOptions,
  readFamily,
  readPort,
  readUndoAfter,
  type UndoOptions,
} from './remedy-options.ts';

const CLOSE_EXAMPLES = `
Examples:
  postern close 6379                     the change and the better fix, as text
  postern close 6379 --apply             make it; it takes itself back after 60 s
  postern confirm ID                     unless you still get in and say so
`;

const RESTRICT_EXAMPLES = `
Examples:
  postern restrict 5432 --from 10.0.0.0/8,2001:db8::/32
  postern restrict 443 --from DE,AT --geoip country.mmdb --apply
  postern restrict 5432 --vpn wireguard --endpoint vpn.example.org
`;

/** What the commands about remedies do. */
export interface RemedyActions {
  close(port: number, options: RemedyOptions): Promise<number>;
  restrict(port: number, options: RestrictOptions): Promise<number>;
  confirm(id: string | undefined, options: ChangeOptions): Promise<number>;
  undo(id: string | undefined, options: UndoOptions): Promise<number>;
}

type Run = (work: Promise<number>) => Promise<void>;

/** Adds `close`, `restrict`, `confirm` and `undo`. */
export function addRemedies(program: Command, run: Run, actions: RemedyActions): void {
  remedyOptions(
    program
      .command('close')
      .summary('write, or make, the change that closes a port')
      .description(
        'Writes the change that closes a port of this host in the firewall in charge, and the better fix at the service. With --apply makes it, with an automatic way back.',
      )
      .argument('<port>', 'port to close', readPort),
  )
    .addHelpText('after', CLOSE_EXAMPLES)
    .action((port: number, _options: unknown, command: Command) =>
      run(actions.close(port, command.optsWithGlobals<RemedyOptions>())),
    );
  addRestrict(program, run, actions);
  addSettling(program, run, actions);
}

function addRestrict(program: Command, run: Run, actions: RemedyActions): void {
  remedyOptions(
    program
      .command('restrict')
      .summary('write, or make, the change that leaves a port to some')
      .description(
        'Writes the change that leaves a port of this host open to networks, countries or a VPN only. With --apply makes it, with an automatic way back.',
      )
      .argument('<port>', 'port to restrict', readPort),
  )
    .option('--from <list>', 'CIDR blocks, country codes (DE,AT) or wireguard', collect)
    .option('--geoip <file>', 'country database in MaxMind format (.mmdb)')
    .addOption(
      new Option('--vpn <kind>', 'write a VPN for it: wireguard')
        .choices(['wireguard'])
        .conflicts(['apply', 'from']),
    )
    .option('--endpoint <host>', 'name or address by which VPN clients reach this host')
    .option('--vpn-port <port>', 'UDP port of the VPN (51820)', readPort)
    .option('--vpn-network <cidr>', 'IPv4 network of the VPN (a free one)')
    .option('--vpn-output <folder>', 'where the configurations are written (wireguard)')
    .addHelpText('after', RESTRICT_EXAMPLES)
    .action((port: number, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RestrictOptions>();
      if (options.from === undefined && options.vpn === undefined) {
        command.error("error: one of '--from <list>' and '--vpn <kind>' is needed");
      }
      return run(actions.restrict(port, options));
    });
}

function remedyOptions(command: Command): Command {
  return stateOption(
    command
      .option('--udp', 'the UDP port (TCP)')
      .option('--family <4|6>', 'over IPv4 or IPv6 only (both)', readFamily)
      .addOption(
        new Option('--kind <name>', `${KIND_NAMES.join(', ')} (the one in charge)`).choices([
          ...KIND_NAMES,
        ]),
      )
      .option('--apply', 'make the change; it takes itself back unless confirmed')
      .option('--yes', 'with --apply: confirm as soon as it is verified')
      .option('--undo-after <s>', 'seconds until it takes itself back (60)', readUndoAfter)
      .option('--keep <net:port>', 'must stay reachable, such as 10.0.0.0/8:22', collect)
      .option(
        '--outside-check <command>',
        'reaches the port from elsewhere: ssh other nc -zw3 192.0.2.7 5432',
      ),
  );
}

function stateOption(command: Command): Command {
  return command.option('--state <folder>', 'where the way back is kept (/var/lib/postern/undo)');
}

function addSettling(program: Command, run: Run, actions: RemedyActions): void {
  stateOption(
    program
      .command('confirm')
      .summary('keep an applied change, also over a restart')
      .description(
        'Keeps a change that --apply made: stops its automatic undo, makes it persistent.',
      )
      .argument('[id]', 'of the change; the one that waits when left out'),
  ).action((id: string | undefined, _options: unknown, command: Command) =>
    run(actions.confirm(id, command.optsWithGlobals<ChangeOptions>())),
  );
  stateOption(
    program
      .command('undo')
      .summary('take an applied change back')
      .description('Takes a change that --apply made back, confirmed or not.')
      .argument('[id]', 'of the change; the one that waits when left out')
      .option('--list', 'list the changes that are kept')
      .option('--force', 'also over what others changed since'),
  ).action((id: string | undefined, _options: unknown, command: Command) =>
    run(actions.undo(id, command.optsWithGlobals<UndoOptions>())),
  );
}
