import { familyOf } from '../../model/address.ts';
import type { Container, Listener, OwningPackage, Publication } from '../../model/listener.ts';
import { type FoundSocket, scopeOf } from '../look.ts';
import { type ControlGroup, shortId } from './cgroup.ts';
import type { InetSocket } from './inet-socket.ts';
import { eldest, type ProcessFacts } from './processes.ts';
import { CLOSED } from './reasons.ts';
import { type SocketUnit, unitOfSocket } from './socket-units.ts';

/** Programs of container runtimes that hold a published port for a container. */
const PROXIES = new Set([
  'docker-proxy',
  'rootlessport',
  'rootlesskit',
  'conmon',
  'pasta',
  'slirp4netns',
]);
const REPLACED =
  'replaced or removed since the program was started; the package is that of what is there now';
/** Holds the sockets of systemd.socket(5): process 1, or a user's own manager. */
const SYSTEMD = 'systemd';

/** A socket, where it is and who holds it. */
export interface Held {
  readonly socket: InetSocket;
  readonly namespace: string;
  readonly source: 'netlink' | 'procfs';
  readonly pids: readonly number[];
  /** The holder that tells most; absent when none can be seen. */
  readonly holder?: ProcessFacts;
  /** Opened by systemd for a unit it starts. */
  readonly activated: boolean;
}

/** What is known besides sockets and processes. */
export interface Knowledge {
  readonly containers: ReadonlyMap<string, Container>;
  readonly publications: readonly Publication[];
  readonly socketUnits: readonly SocketUnit[];
  readonly users: (root: string) => ReadonlyMap<number, string>;
  readonly owners: (root: string, executable: string) => OwningPackage | undefined;
  readonly groupOf: (cgroup: bigint | null) => ControlGroup;
  /** net.ipv6.bindv6only: what IPV6_V6ONLY is when a program does not say. */
  readonly bindV6only: boolean;
  /** Whether processes hide from this user. */
  readonly hidden: boolean;
}

/** Who of its holders tells most of a socket. */
export function heldBy(facts: readonly ProcessFacts[]): Pick<Held, 'holder' | 'activated'> {
  const others = facts.filter((process) => !isManager(process));
  const activated = others.length < facts.length;
  const holder = eldest(others) ?? eldest(facts);
  return { activated, ...(holder === undefined ? {} : { holder }) };
}

/** Of a systemd inside a container ours knows nothing. */
function isManager({ program, group }: ProcessFacts): boolean {
  return program === SYSTEMD && group.container === undefined;
}

/** By the name its runtime gave it, or its short id. */
export function containerOf(
  { container }: ControlGroup,
  containers: ReadonlyMap<string, Container>,
): Container | undefined {
  if (container === undefined) return undefined;
  const { id, runtime } = container;
  return containers.get(id) ?? { runtime, name: shortId(id) };
}

/** What is told of one socket. */
export function describe(held: Held, knowledge: Knowledge): FoundSocket {
  const { socket, holder, namespace, pids } = held;
  const device = socket.device ?? undefined;
  const listener: Omit<Listener, 'processes'> = {
    transport: socket.transport,
    bind: socket.local,
    families: familiesOf(socket, knowledge),
    scope: scopeOf(socket.local, device),
    ...(device === undefined ? {} : { device }),
    port: socket.port,
    namespace,
    ...programOf(held, knowledge),
    user: userOf(socket, holder, knowledge),
    ...belongsTo(held, knowledge),
    unseen: [...unseenOf(held, knowledge)],
  };
  return { listener, pids };
}

function familiesOf({ family, local, v6only }: InetSocket, { bindV6only }: Knowledge): (4 | 6)[] {
  if (family === 4 || familyOf(local) === 4) return [4];
  return local === '::' && !(v6only ?? bindV6only) ? [4, 6] : [6];
}

type Program = Pick<Listener, 'program' | 'command' | 'executable' | 'package'>;

/** Of a socket that systemd holds, the program it is for, also before that was started. */
function programOf({ socket, holder, activated }: Held, knowledge: Knowledge): Program {
  if (holder === undefined) return {};
  const unit = activated ? unitOfSocket(knowledge.socketUnits, socket) : undefined;
  if (unit?.executable !== undefined) {
    const { executable } = unit;
    const command = holder.program === SYSTEMD ? {} : commandOf(holder);
    const program = executable.slice(executable.lastIndexOf('/') + 1);
    return { program, ...command, executable, ...packageOf('', executable, knowledge) };
  }
  const { program, executable, root } = holder;
  return {
    program,
    ...commandOf(holder),
    ...(executable === undefined ? {} : { executable, ...packageOf(root, executable, knowledge) }),
  };
}

function commandOf({ command }: ProcessFacts): Pick<Listener, 'command'> {
  return command === undefined ? {} : { command };
}

function packageOf(root: string, executable: string, { owners }: Knowledge): Program {
  const owner = owners(root, executable);
  return owner === undefined ? {} : { package: owner };
}

function userOf(
  socket: InetSocket,
  holder: ProcessFacts | undefined,
  { users }: Knowledge,
): string {
  const uid = holder?.uid ?? socket.uid;
  return users(holder?.root ?? '').get(uid) ?? String(uid);
}

function belongsTo(held: Held, knowledge: Knowledge): Pick<Listener, 'unit' | 'container'> {
  const { socket, holder, activated } = held;
  const group = holder?.group ?? knowledge.groupOf(socket.cgroup);
  const unit = activated ? unitOfSocket(knowledge.socketUnits, socket)?.unit : group.unit;
  const container = publishedBy(held, knowledge) ?? containerOf(group, knowledge.containers);
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(container === undefined ? {} : { container }),
  };
}

/** The container that a runtime's proxy holds the port for. */
function publishedBy({ socket, holder }: Held, { publications }: Knowledge): Container | undefined {
  if (holder === undefined || !PROXIES.has(holder.program)) return undefined;
  const { transport, local, port } = socket;
  const same = publications.filter((one) => one.transport === transport && one.port === port);
  return (same.find(({ bind }) => bind === local) ?? same[0])?.container;
}

function* unseenOf(held: Held, { hidden, socketUnits }: Knowledge): Generator<string> {
  const { socket, holder, source, activated } = held;
  if (holder === undefined && hidden) yield `program: ${CLOSED}`;
  if (holder === undefined && !hidden) {
    yield 'program: no process here holds it (the kernel itself, or another process-id namespace)';
  }
  if (holder !== undefined && holder.executable === undefined) yield `executable: ${CLOSED}`;
  if (holder?.replaced === true) yield `executable: ${REPLACED}`;
  if (activated && unitOfSocket(socketUnits, socket) === undefined) {
    yield 'unit: systemd holds it, and systemctl did not say for which';
  }
  if (source === 'netlink') return;
  yield 'device: only netlink tells it, which needs the package koffi';
  if (socket.family === 6 && socket.local === '::') {
    yield 'families: only netlink tells them, assumed from net.ipv6.bindv6only';
  }
}
