import { familyOf } from '../model/address.ts';
import { isLoopback } from '../model/loopback.ts';
import type { InetSocket } from './linux/inet-socket.ts';
import { listFolder, readLink, readText } from './linux/proc-files.ts';
import { readSockets } from './linux/sockets.ts';

/** A connection to this host that the person who runs Postern sits behind. */
export interface SessionPeer {
  readonly peer: string;
  readonly local: string;
  readonly port: number;
}

/** Deeper than shells in sudo in tmux in ssh go. */
const MAX_PARENTS = 64;

/**
 * The connections that lead to this process: sockets that it or its parents hold (sshd's), and what
 * SSH_CONNECTION says in their environments (sudo(8) drops it from ours) while such a connection is
 * open in this network namespace. Empty where nothing is found; loopback is none.
 */
export async function findSessions(): Promise<SessionPeer[]> {
  if (process.platform !== 'linux') return [];
  const own = { name: null, file: null, procNet: '/proc/self/net', processes: [] };
  const list = await readSockets(own, 'connected');
  if (typeof list === 'string') return [];
  const connections = list.sockets.filter(
    ({ transport, remote }) => transport === 'tcp' && !isLoopback(remote),
  );
  const parents = parentsOf(process.pid);
  const inodes = new Set(parents.flatMap(socketsOf));
  const named = parents.flatMap(sshConnectionOf);
  const ours = connections.filter(
    (socket) => inodes.has(socket.inode) || named.some((text) => isOf(socket, text)),
  );
  const found = new Map(ours.map((socket) => [`${socket.remote} ${socket.port}`, peerOf(socket)]));
  return [...found.values()];
}

function peerOf({ remote, local, port }: InetSocket): SessionPeer {
  return { peer: remote, local, port };
}

/** This process first. */
function parentsOf(pid: number): number[] {
  const chain: number[] = [];
  for (let at = pid; at > 0 && chain.length < MAX_PARENTS; ) {
    chain.push(at);
    at = Number(/^PPid:\s+(\d+)/m.exec(readText(`/proc/${at}/status`) ?? '')?.[1] ?? 0);
  }
  return chain;
}

function socketsOf(pid: number): number[] {
  const folder = `/proc/${pid}/fd`;
  return (listFolder(folder) ?? []).flatMap((name) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`${folder}/${name}`) ?? '')?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

/** `CLIENT PORT SERVER PORT` (ssh(1)). */
function sshConnectionOf(pid: number): string[] {
  const environment = (readText(`/proc/${pid}/environ`) ?? '').split('\0');
  return environment
    .filter((entry) => entry.startsWith('SSH_CONNECTION='))
    .map((entry) => entry.slice('SSH_CONNECTION='.length));
}

function isOf({ remote, remotePort, port }: InetSocket, text: string): boolean {
  const [client = '', clientPort, , serverPort] = text.split(' ');
  const same =
    familyOf(client) === familyOf(remote) && client.split('%')[0] === remote.split('%')[0];
  return same && Number(clientPort) === remotePort && Number(serverPort) === port;
}
