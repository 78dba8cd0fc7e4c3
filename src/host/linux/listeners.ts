import { familyOf } from '../../model/address.ts';
import type { Container, Listener, OwningPackage, Publication } from '../../model/listener.ts';
import { type FoundSocket, type ListenerLook, mergeSockets, scopeOf } from '../look.ts';
import { findOwners } from '../packages/owners.ts';
import { askRuntimes, runtimeSockets } from '../runtimes.ts';
import { type ControlGroup, shortId } from './cgroup.ts';
import { CgroupPaths } from './cgroup-paths.ts';
import type { InetSocket } from './inet-socket.ts';
import { hasEnded, listNamespaces, type NetNamespace } from './namespaces.ts';
import { readText } from './proc-files.ts';
import { eldest, findHolders, type ProcessFacts, readProcess } from './processes.ts';
import { CLOSED } from './reasons.ts';
import { readSocketUnits, type SocketUnit, unitOfSocket } from './socket-units.ts';
import { readSockets } from './sockets.ts';
import { readUsers } from './users.ts';

/** Programs of container runtimes that hold a published port for a container. */
const PROXIES = new Set([
  'docker-proxy',
  'rootlessport',
  'rootlesskit',
  'conmon',
  'pasta',
  'slirp4netns',
]);
/** Programs that hold the sockets of systemd.socket(5) as process 1. */
const SYSTEMD = 'systemd';

/** A socket, where it is and who holds it. */
interface Held {
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
interface Knowledge {
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

/** Every socket of this machine that accepts traffic, in every network namespace that can be reached. */
export async function readLinuxListeners(): Promise<ListenerLook> {
  const asked = askRuntimes(runtimeSockets());
  const { namespaces, hidden } = listNamespaces();
  const processes = new Processes();
  const lists = await Promise.all(
    namespaces.map(async (namespace) => ({
      namespace,
      list: await readSockets(namespace, 'listening'),
    })),
  );
  const runtimes = await asked;
  const standing = lists.filter(
    ({ namespace, list }) => typeof list !== 'string' || !hasEnded(namespace),
  );
  const named = standing.map(({ namespace, list }) => ({
    list,
    namespace: { ...namespace, name: namespaceName(namespace, processes, runtimes.containers) },
  }));
  const sockets = named.flatMap(({ namespace: { name }, list }) => {
    if (typeof list === 'string') return [];
    return list.sockets.map((socket) => ({ socket, namespace: name, source: list.source }));
  });
  const holders = findHolders(new Set(sockets.map(({ socket }) => socket.inode)));
  const held = sockets.map((one) => ({
    ...one,
    ...heldBy(holders.byInode.get(one.socket.inode) ?? [], processes),
  }));
  const knowledge: Knowledge = {
    ...runtimes,
    ...(await lookUp(held)),
    hidden: holders.hidden > 0 || process.geteuid?.() !== 0,
  };
  const unread = named.flatMap(({ namespace: { name }, list }) =>
    typeof list === 'string' ? [`listeners of the network namespace ${name}: ${list}`] : [],
  );
  const unnamed = hidden === 0 ? [] : [`network namespaces of ${hidden} processes: ${CLOSED}`];
  return {
    listeners: mergeSockets(held.map((one) => describe(one, knowledge))),
    namespaces: named.map(({ namespace: { name, file, procNet } }) => ({ name, file, procNet })),
    publications: runtimes.publications,
    complete: unread.length === 0 && unnamed.length === 0,
    unseen: [...unread, ...unnamed, ...runtimes.unseen],
  };
}

/** Processes, each read once. */
class Processes {
  readonly #known = new Map<number, ProcessFacts | null>();

  read(pid: number): ProcessFacts | null {
    const known = this.#known.get(pid);
    if (known !== undefined) return known;
    const facts = readProcess(pid);
    this.#known.set(pid, facts);
    return facts;
  }
}

function namespaceName(
  { name, processes: [first] }: NetNamespace,
  processes: Processes,
  containers: ReadonlyMap<string, Container>,
): string {
  if (name !== null) return name;
  const member = first === undefined ? null : processes.read(first);
  const container = containerOf(member?.group ?? {}, containers);
  if (container !== undefined) return `container ${container.name}`;
  return `of ${member?.group.unit ?? member?.program ?? 'unknown'}`;
}

function heldBy(
  pids: readonly number[],
  processes: Processes,
): Pick<Held, 'pids' | 'holder' | 'activated'> {
  const facts = pids.map((pid) => processes.read(pid)).filter((one) => one !== null);
  const activated = facts.some(({ pid, program }) => pid === 1 && program === SYSTEMD);
  const others = activated && facts.length > 1 ? facts.filter(({ pid }) => pid !== 1) : facts;
  const holder = eldest(others);
  return { pids, activated, ...(holder === undefined ? {} : { holder }) };
}

/** Asks, once each, what the sockets found give reason to ask. */
async function lookUp(
  held: readonly Held[],
): Promise<Omit<Knowledge, 'containers' | 'publications' | 'hidden'>> {
  const socketUnits = held.some(({ activated }) => activated) ? await readSocketUnits() : [];
  const wanted = new Map<string, Set<string>>();
  for (const { holder } of held) {
    if (holder?.executable === undefined) continue;
    const executables = wanted.get(holder.root) ?? new Set();
    wanted.set(holder.root, executables.add(holder.executable));
  }
  const ours = wanted.get('') ?? new Set();
  for (const { executable } of socketUnits) if (executable !== undefined) ours.add(executable);
  wanted.set('', ours);
  const owners = new Map<string, Map<string, OwningPackage>>();
  const users = new Map<string, ReadonlyMap<number, string>>();
  for (const [root, executables] of wanted) {
    owners.set(root, await findOwners(root, [...executables]));
    users.set(root, readUsers(root));
  }
  const paths = new CgroupPaths();
  return {
    socketUnits,
    owners: (root, executable) => owners.get(root)?.get(executable),
    users: (root) => users.get(root) ?? new Map(),
    groupOf: (cgroup) => paths.groupOf(cgroup),
    bindV6only: readText('/proc/sys/net/ipv6/bindv6only')?.trim() === '1',
  };
}

function containerOf(
  { container }: ControlGroup,
  containers: ReadonlyMap<string, Container>,
): Container | undefined {
  if (container === undefined) return undefined;
  const { id, runtime } = container;
  return containers.get(id) ?? { runtime, name: shortId(id) };
}

function describe(held: Held, knowledge: Knowledge): FoundSocket {
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
    const command = holder.pid === 1 ? {} : commandOf(holder);
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
  if (activated && unitOfSocket(socketUnits, socket) === undefined) {
    yield 'unit: systemd holds it, and systemctl did not say for which';
  }
  if (source === 'netlink') return;
  yield 'device: only netlink tells it, which needs the package koffi';
  if (socket.family === 6 && socket.local === '::') {
    yield 'families: only netlink tells them, assumed from net.ipv6.bindv6only';
  }
}
