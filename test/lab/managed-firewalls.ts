import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Source } from '../../src/firewall/kind.ts';
import { findCommand, met } from '../helpers/needs.ts';
import { type Child, startChild } from './child.ts';
import { makeFolder, removeFolder } from './folders.ts';
import type { Namespace } from './namespace.ts';

/**
 * A firewall manager with a configuration of its own, in a network namespace: `/etc/ufw`,
 * `/etc/default`, `/etc/firewalld`, `/var/log` and `/run` of this machine stay as they are.
 */
export interface ManagedFirewall {
  /** Before a command line, runs it with that configuration, in the namespace. */
  readonly enter: readonly string[];
  /** Runs a program inside to its end and returns what it printed; throws with its output when it fails. */
  exec(command: string, ...args: string[]): string;
  /** The same for a command of a script. */
  carryOut(command: Command): string;
  /** What a program inside reads from its files, all that the manager's reader takes. */
  sources(): Source[];
  /** Replaces a file inside, by the path that it has inside. */
  write(path: string, text: string): void;
  close(): Promise<void>;
}

/** Starts up within this time, in milliseconds. */
const START_WITHIN = 30_000;

const UFW_DEFAULTS = `IPV6=yes
DEFAULT_INPUT_POLICY="DROP"
DEFAULT_OUTPUT_POLICY="ACCEPT"
DEFAULT_FORWARD_POLICY="DROP"
DEFAULT_APPLICATION_POLICY="SKIP"
MANAGE_BUILTINS=no
IPT_SYSCTL=/etc/ufw/sysctl.conf
IPT_MODULES=""
`;

/** Where a folder of the manager's is kept outside. */
interface Place {
  readonly inside: string;
  readonly outside: string;
}

export function ufwMet(): boolean {
  return met({ root: true, linux: true, commands: ['ip', 'ufw', 'iptables', 'nsenter'] });
}

export function firewalldMet(): boolean {
  const commands = ['ip', 'firewalld', 'firewall-cmd', 'dbus-daemon', 'nsenter', 'nft'];
  return met({ root: true, linux: true, commands });
}

/** ufw as Debian installs it: disabled, without rules. `exec('ufw', '--force', 'enable')` enables it. */
export async function startUfw(namespace: Namespace): Promise<ManagedFirewall> {
  const folder = makeFolder('ufw');
  const places = [place(folder, '/etc/ufw'), place(folder, '/etc/default')];
  for (const { outside } of places) execFileSync('mkdir', ['-p', outside]);
  const [rules, defaults] = places as [Place, Place];
  execFileSync('sh', [
    '-c',
    'cp -RL /usr/share/ufw/*.rules /usr/share/ufw/ufw.conf "$1"',
    'sh',
    rules.outside,
  ]);
  execFileSync('cp', ['-R', '/etc/ufw/applications.d', '/etc/ufw/sysctl.conf', rules.outside]);
  writeFileSync(join(defaults.outside, 'ufw'), UFW_DEFAULTS);
  const sources = () =>
    [...filesIn(rules, /\.(rules|conf)$/), ...filesIn(defaults, /^ufw$/)].filter(
      ({ origin }) => !origin.endsWith('sysctl.conf'),
    );
  return start(namespace, folder, places, ['exec sleep infinity'], sources);
}

/** firewalld running on a bus of its own, with the zones of the package and `public` as the default. */
export async function startFirewalld(namespace: Namespace): Promise<ManagedFirewall> {
  const folder = makeFolder('firewalld');
  const places = [place(folder, '/etc/firewalld'), place(folder, '/var/log')];
  const [config] = places as [Place, Place];
  for (const { outside } of places) execFileSync('mkdir', ['-p', outside]);
  for (const name of ['helpers', 'icmptypes', 'ipsets', 'policies', 'services', 'zones']) {
    execFileSync('mkdir', [join(config.outside, name)]);
  }
  writeFileSync(join(config.outside, 'firewalld.conf'), 'DefaultZone=public\n');
  const daemon = [
    'dbus-daemon --system --nofork --nopidfile &',
    'exec firewalld --nofork --nopid --log-target=console',
  ];
  const sources = () => firewalldFiles(config);
  const firewall = await start(namespace, folder, places, daemon, sources);
  try {
    await until(() => firewall.exec('firewall-cmd', '--state') === 'running\n');
  } catch (error) {
    await firewall.close();
    throw error;
  }
  return firewall;
}

function place(folder: string, inside: string): Place {
  return { inside, outside: join(folder, inside.slice(1)) };
}

async function start(
  namespace: Namespace,
  folder: string,
  places: readonly Place[],
  lines: readonly string[],
  sources: () => Source[],
): Promise<ManagedFirewall> {
  const ready = join(folder, 'ready');
  const mounts = places.map(({ inside, outside }) => `mount --bind ${outside} ${inside}`);
  const script = ['set -e', ...mounts, `touch ${ready}`, ...lines].join('\n');
  const launch = { command: 'sh', args: ['-c', script], namespace: namespace.name };
  const child = startChild({ ...launch, ownRun: ['dbus', 'firewalld'] }, join(folder, 'log'));
  const close = async () => {
    await child.kill();
    await removeFolder(folder);
  };
  try {
    await until(() => existsSync(ready) || throwEnded(child));
  } catch (error) {
    await close();
    throw error;
  }
  const enter = enterCommand(child);
  const carryOut = ({ argv: [command = '', ...args], stdin = '' }: Command) => {
    const [program = '', ...rest] = [...enter, findCommand(command) ?? command, ...args];
    return execFileSync(program, rest, { encoding: 'utf8', input: stdin, stdio: 'pipe' });
  };
  return {
    enter,
    exec: (command, ...args) => carryOut({ argv: [command, ...args] }),
    carryOut,
    sources,
    write: (path, text) => {
      const { inside, outside } = places.find((one) => path.startsWith(`${one.inside}/`)) as Place;
      writeFileSync(join(outside, path.slice(inside.length)), text);
    },
    close,
  };
}

/** The first process of the child's process-id namespace has the mounts. */
function enterCommand({ pid }: Child): string[] {
  const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
  return [findCommand('nsenter') ?? '', `--target=${first}`, '--mount', '--net', '--pid', '--'];
}

function throwEnded(child: Child): boolean {
  const end = child.ended();
  if (end !== undefined) throw new Error(`ended with ${end}: ${child.log()}`);
  return false;
}

/** Waits until `done` is true; what it throws meanwhile is why it never was. */
async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + START_WITHIN;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      if (done()) return;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error('the firewall manager did not start', { cause: last });
}

function firewalldFiles(config: Place): Source[] {
  const kinds = ['zones', 'services', 'ipsets', 'policies', 'icmptypes'];
  const places = kinds.flatMap((kind) => [
    { inside: `/usr/lib/firewalld/${kind}`, outside: `/usr/lib/firewalld/${kind}` },
    { inside: `/etc/firewalld/${kind}`, outside: join(config.outside, kind) },
  ]);
  return [
    ...filesIn(config, /^(firewalld\.conf|direct\.xml)$/),
    ...places.flatMap((one) => filesIn(one, /\.xml$/)),
  ];
}

function filesIn({ inside, outside }: Place, name: RegExp): Source[] {
  const names = readdirSync(outside).filter((one) => name.test(one));
  return names.sort().map((one) => ({
    origin: `${inside}/${one}`,
    text: readFileSync(join(outside, one), 'utf8'),
  }));
}
