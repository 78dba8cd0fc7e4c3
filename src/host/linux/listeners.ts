import type { Container, OwningPackage } from '../../model/listener.ts';
import { type ListenerLook, mergeSockets } from '../look.ts';
import { findOwners } from '../packages/owners.ts';
import { askRuntimes, runtimeSockets } from '../runtimes.ts';
import { CgroupPaths } from './cgroup-paths.ts';
import { containerOf, describe, type Held, heldBy, type Knowledge } from './describe.ts';
import { hasEnded, listNamespaces, type NetNamespace } from './namespaces.ts';
import { readText } from './proc-files.ts';
import { findHolders, type ProcessFacts, readProcess } from './processes.ts';
import { CLOSED } from './reasons.ts';
import { readSocketUnits } from './socket-units.ts';
import { readSockets } from './sockets.ts';
import { readUsers } from './users.ts';

const UNLISTED = 'processes of others are hidden here (hidepid of /proc, or ProtectProc=)';

/** Every socket of this machine that accepts traffic, in every network namespace that can be reached. */
export async function readLinuxListeners(): Promise<ListenerLook> {
  const asked = askRuntimes(runtimeSockets());
  const { namespaces, hidden, unlisted } = listNamespaces();
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
  const held = sockets.map((one) => {
    const pids = holders.byInode.get(one.socket.inode) ?? [];
    return { ...one, pids, ...heldBy(processes.readAll(pids)) };
  });
  const knowledge: Knowledge = {
    ...runtimes,
    ...(await lookUp(held)),
    hidden: holders.hidden > 0 || unlisted || process.geteuid?.() !== 0,
  };
  const unread = named.flatMap(({ namespace: { name }, list }) =>
    typeof list === 'string' ? [`listeners of the network namespace ${name}: ${list}`] : [],
  );
  const unnamed = [
    ...(hidden === 0 ? [] : [`network namespaces (processes: ${hidden}): ${CLOSED}`]),
    ...(unlisted ? [`network namespaces: ${UNLISTED}`] : []),
  ];
  return {
    listeners: mergeSockets(held.map((one) => describe(one, knowledge))),
    namespaces: named.map(({ namespace: { name, file, procNet } }) => ({ name, file, procNet })),
    publications: runtimes.publications,
    complete: unread.length === 0 && unnamed.length === 0,
    ownComplete:
      named.some(({ namespace, list }) => namespace.name === 'host' && typeof list !== 'string') &&
      runtimes.unseen.length === 0,
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

  /** Those that still run. */
  readAll(pids: readonly number[]): ProcessFacts[] {
    return pids.map((pid) => this.read(pid)).filter((facts) => facts !== null);
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
