import { type BindScope, type Listener, listenerKey, type Publication } from '../model/listener.ts';
import { isLoopback } from '../model/loopback.ts';

/** A network namespace by the name that its listeners carry. */
export interface NamespacePlace {
  readonly name: string;
  /** Its file, to ask more of it (`readMachine`); null for our own. */
  readonly file: string | null;
  /** Its /proc/net, of a process in it; null when no process is. */
  readonly procNet: string | null;
}

/** What a look at the sockets of this machine found. */
export interface ListenerLook {
  /** One for each `listenerKey`, by port. */
  readonly listeners: readonly Listener[];
  /** Those that were looked at; one where the system has no such thing. */
  readonly namespaces: readonly NamespacePlace[];
  /** Ports that container runtimes hand on to containers. */
  readonly publications: readonly Publication[];
  /** False when there may be listeners that are not in the list; `unseen` says why. */
  readonly complete: boolean;
  /** Whether all of our own namespace are, and every port that a container runtime hands on. */
  readonly ownComplete: boolean;
  /** What could not be seen at all, a sentence each. */
  readonly unseen: readonly string[];
}

/** One socket that accepts traffic, and who holds it. */
export interface FoundSocket {
  readonly listener: Omit<Listener, 'processes'>;
  readonly pids: readonly number[];
}

/** From where a bind address (canonical text) can be reached. */
export function scopeOf(bind: string, device: string | undefined): BindScope {
  if (isLoopback(bind) || device === 'lo') return 'loopback';
  return (bind === '0.0.0.0' || bind === '::') && device === undefined ? 'all' : 'one';
}

/** Sockets to listeners: several with one key (SO_REUSEPORT) are one, held by all their processes. */
export function mergeSockets(sockets: readonly FoundSocket[]): Listener[] {
  const groups = new Map<string, FoundSocket[]>();
  for (const socket of sockets) {
    const key = listenerKey(socket.listener);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [socket]);
    else group.push(socket);
  }
  return [...groups]
    .map(([key, group]) => ({ key, listener: mergeGroup(group) }))
    .sort((a, b) => a.listener.port - b.listener.port || (a.key < b.key ? -1 : 1))
    .map(({ listener }) => listener);
}

function mergeGroup(group: readonly FoundSocket[]): Listener {
  const [first] = group as readonly [FoundSocket];
  const pids = new Set(group.flatMap((socket) => socket.pids));
  const families = new Set(group.flatMap(({ listener }) => listener.families));
  return {
    ...first.listener,
    families: [...families].sort((a, b) => a - b),
    ...(pids.size === 0 ? {} : { processes: pids.size }),
    unseen: [...new Set(group.flatMap(({ listener }) => listener.unseen))],
  };
}
