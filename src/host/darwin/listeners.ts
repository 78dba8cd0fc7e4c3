import { type FoundSocket, type ListenerLook, mergeSockets, scopeOf } from '../look.ts';
import { maskCommand } from '../mask-secrets.ts';
import { type CommandResult, runCommand } from '../run.ts';
import { type LsofSocket, readLsof } from './lsof.ts';
import { type NetstatSocket, readNetstat } from './netstat.ts';
import { readLaunchctl, readPs } from './processes.ts';

/** What the tools of macOS printed; null where one could not be asked. */
export interface DarwinTexts {
  readonly lsof: string | null;
  readonly netstat: string | null;
  readonly commands: string | null;
  readonly executables: string | null;
  readonly launchctl: string | null;
}

const TOOLS: Record<keyof DarwinTexts, readonly [string, ...string[]]> = {
  lsof: ['lsof', '-nP', '-w', '+c0', '-iTCP', '-sTCP:LISTEN', '-iUDP', '-F', 'pcuLftPnT'],
  netstat: ['netstat', '-anW'],
  commands: ['ps', '-axww', '-o', 'pid=', '-o', 'command='],
  executables: ['ps', '-axww', '-o', 'pid=', '-o', 'comm='],
  launchctl: ['launchctl', 'list'],
};

/** Every socket of this Mac that accepts traffic: netstat tells which there are, lsof whose they are. */
export async function readDarwinListeners(): Promise<ListenerLook> {
  const names = Object.keys(TOOLS) as (keyof DarwinTexts)[];
  const results = await Promise.all(
    names.map(async (name) => {
      const [program, ...args] = TOOLS[name];
      return [name, textOf(await runCommand({ program, args }))] as const;
    }),
  );
  return assembleDarwin(Object.fromEntries(results) as unknown as DarwinTexts);
}

/** lsof ends with exit code 1 when it has something to complain about, or nothing to show. */
function textOf(result: CommandResult): string | null {
  if (result.state === 'ok') return result.stdout;
  return result.state === 'failed' && result.stdout !== '' ? result.stdout : null;
}

/** The listeners that these texts tell of. */
export function assembleDarwin(texts: DarwinTexts): ListenerLook {
  const held = readLsof(texts.lsof ?? '');
  const seen = readNetstat(texts.netstat ?? '');
  const describe = describer(texts, seen);
  const left = seen.filter((socket) => !held.some((one) => isSame(one, socket)));
  const unseen = texts.netstat === null ? ['listeners of other users: netstat cannot be run'] : [];
  return {
    listeners: mergeSockets([...held.map(describe), ...left.map(withoutProgram)]),
    namespaces: [{ name: 'host', file: null, procNet: null }],
    publications: [],
    complete: unseen.length === 0,
    ownComplete: unseen.length === 0,
    unseen,
  };
}

/** lsof does not tell a dual-stack socket from one for IPv6 only, and writes zones otherwise. */
function isSame(held: LsofSocket, seen: NetstatSocket): boolean {
  const [bind] = seen.bind.split('%');
  return (
    held.transport === seen.transport && held.port === seen.port && held.bind.split('%')[0] === bind
  );
}

function describer(
  texts: DarwinTexts,
  seen: readonly NetstatSocket[],
): (held: LsofSocket) => FoundSocket {
  const commands = readPs(texts.commands ?? '');
  const executables = readPs(texts.executables ?? '');
  const labels = readLaunchctl(texts.launchctl ?? '');
  return (held) => {
    const { pid, transport, port, program, user } = held;
    const twin = seen.find((socket) => isSame(held, socket));
    const command = commands.get(pid);
    const executable = executables.get(pid);
    const unit = labels.get(pid);
    const bind = twin?.bind ?? held.bind;
    return {
      pids: [pid],
      listener: {
        transport,
        bind,
        families: twin?.families ?? assumedFamilies(held),
        scope: scopeOf(bind, undefined),
        port,
        namespace: 'host',
        program,
        ...(command === undefined ? {} : { command: maskCommand(command) }),
        ...(executable?.startsWith('/') === true ? { executable } : {}),
        user,
        ...(unit === undefined ? {} : { unit }),
        unseen:
          twin === undefined && held.bind === '::'
            ? ['families: netstat did not tell, assumed both']
            : [],
      },
    };
  };
}

function assumedFamilies({ family, bind }: LsofSocket): (4 | 6)[] {
  if (family === 4 || !bind.includes(':')) return [4];
  return bind === '::' ? [4, 6] : [6];
}

function withoutProgram({ transport, families, bind, port }: NetstatSocket): FoundSocket {
  const scope = scopeOf(bind, undefined);
  const unseen = ['program: needs root'];
  return {
    pids: [],
    listener: { transport, bind, families, scope, port, namespace: 'host', unseen },
  };
}
