import { join } from 'node:path';
import { type Listener, listenerKey } from '../../model/listener.ts';
import { isLoopback } from '../../model/loopback.ts';
import type { Transport } from '../../model/port.ts';
import type { Usage } from '../../model/usage.ts';
import { readConntrack } from '../conntrack.ts';
import type { ListenerLook, NamespacePlace } from '../look.ts';
import { runCommand } from '../run.ts';
import { readNetwork } from './machine.ts';
import { readText } from './proc-files.ts';
import { readSockets } from './sockets.ts';

const SAMPLE = 5;

interface Connection {
  readonly transport: Transport;
  readonly local: string;
  readonly port: number;
  readonly peer: string;
}

/** What is connected in one namespace. */
interface Traffic {
  readonly connections: readonly Connection[];
  /** The namespace's own addresses. */
  readonly own: ReadonlySet<string>;
  /** What could not be seen, by transport. */
  readonly unseen: Readonly<Record<Transport, readonly string[]>>;
}

/** How each listener of a look is used now, by `listenerKey`. */
export async function readLinuxUsage(look: ListenerLook): Promise<Map<string, Usage>> {
  const usage = new Map<string, Usage>();
  for (const namespace of look.namespaces) {
    const listeners = look.listeners.filter((one) => one.namespace === namespace.name);
    if (listeners.length === 0) continue;
    const traffic = await readTraffic(namespace);
    const byListener = assign(listeners, traffic.connections);
    for (const listener of listeners) {
      usage.set(
        listenerKey(listener),
        summarize(listener, byListener.get(listener) ?? [], traffic),
      );
    }
  }
  return usage;
}

async function readTraffic(namespace: NamespacePlace): Promise<Traffic> {
  const sockets = await readSockets(namespace, 'connected');
  const flows = await readFlows(namespace);
  const connected = typeof sockets === 'string' ? [] : sockets.sockets;
  const problem = typeof sockets === 'string' ? [`connections: ${sockets}`] : [];
  return {
    connections: [
      ...connected.map(({ transport, local, port, remote }) => ({
        transport,
        local: withoutZone(local),
        port,
        peer: remote,
      })),
      ...(typeof flows === 'string' ? [] : flows),
    ],
    own: await ownAddresses(namespace),
    unseen: {
      tcp: problem,
      udp: typeof flows === 'string' ? [...problem, `connections: ${flows}`] : problem,
    },
  };
}

/** A sentence when there is nothing to learn of UDP: the kernel tracks it only where some rule asks to. */
async function readFlows({ file, procNet }: NamespacePlace): Promise<Connection[] | string> {
  const text = procNet === null ? null : readText(join(procNet, 'nf_conntrack'));
  const list = text ?? (file === null ? await listFlows() : null);
  if (list === null) return "UDP has none, and the kernel's connection tracking cannot be read";
  if (list.trim() === '') return 'UDP has none, and the kernel tracks no connections here';
  return readConntrack(list).map((flow) => ({ transport: 'udp', ...flow }));
}

async function listFlows(): Promise<string | null> {
  const result = await runCommand({ program: 'conntrack', args: ['-L', '-p', 'udp'] });
  return result.state === 'ok' ? result.stdout : null;
}

async function ownAddresses({ file }: NamespacePlace): Promise<Set<string>> {
  try {
    const { devices } = await readNetwork(file ?? undefined);
    return new Set(devices.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  } catch {
    return new Set();
  }
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? address;
}

/** Gives each connection to the listener that took it: one bound to its address before one bound to all. */
function assign(
  listeners: readonly Listener[],
  connections: readonly Connection[],
): Map<Listener, Connection[]> {
  const byPort = new Map<string, Listener[]>();
  for (const listener of listeners) {
    const key = `${listener.transport} ${listener.port}`;
    byPort.set(key, [...(byPort.get(key) ?? []), listener]);
  }
  const assigned = new Map<Listener, Connection[]>();
  for (const connection of connections) {
    const candidates = byPort.get(`${connection.transport} ${connection.port}`) ?? [];
    const listener = takerOf(candidates, connection.local);
    if (listener === undefined) continue;
    const others = assigned.get(listener);
    if (others === undefined) assigned.set(listener, [connection]);
    else others.push(connection);
  }
  return assigned;
}

function takerOf(candidates: readonly Listener[], local: string): Listener | undefined {
  const family = local.includes(':') ? 6 : 4;
  return (
    candidates.find(({ bind }) => withoutZone(bind) === local) ??
    candidates.find(({ bind }) => bind === (family === 4 ? '0.0.0.0' : '::')) ??
    candidates.find(({ bind, families }) => bind === '::' && families.includes(family))
  );
}

function summarize(
  { transport }: Listener,
  connections: readonly Connection[],
  { own, unseen }: Traffic,
): Usage {
  const peers = [...new Set(connections.map(({ peer }) => peer))];
  const isOwn = (peer: string) => isLoopback(peer) || own.has(peer);
  return {
    connections: connections.length,
    peers: peers.length,
    loopbackOnly: peers.length === 0 ? 'unseen' : peers.every(isOwn),
    sample: peers.slice(0, SAMPLE),
    unseen: unseen[transport],
  };
}
