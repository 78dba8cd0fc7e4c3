import { join } from 'node:path';
import type { Transport } from '../../model/port.ts';
import { type Libc, libcUnavailable, loadLibc } from '../../net/linux/libc.ts';
import { listLinks } from '../../net/linux/links.ts';
import { openInNamespace } from '../../net/linux/net-namespace.ts';
import { Netlink } from '../../net/linux/netlink.ts';
import { type DiagSocket, openSockDiag, readDiagSockets } from '../../net/linux/sock-diag.ts';
import type { NamespacePlace } from '../look.ts';
import type { InetSocket, SocketState } from './inet-socket.ts';
import { readText } from './proc-files.ts';
import { readProcSockets, stateNumber } from './procfs-sockets.ts';
import { reasonOf } from './reasons.ts';

const TRANSPORTS: readonly Transport[] = ['tcp', 'udp'];
/** fe80::/10 */
const LINK_LOCAL = /^fe[89ab]/;

export interface SocketList {
  readonly sockets: readonly InetSocket[];
  /** Whether devices and IPV6_V6ONLY are among what was told. */
  readonly source: 'netlink' | 'procfs';
}

/** The sockets of a namespace in one state; a sentence why not when neither netlink nor procfs tells. */
export async function readSockets(
  namespace: Omit<NamespacePlace, 'name'>,
  state: SocketState,
): Promise<SocketList | string> {
  const unavailable = await libcUnavailable();
  const asked = unavailable === null ? askKernel(await loadLibc(), namespace, state) : unavailable;
  if (typeof asked !== 'string') return { sockets: asked, source: 'netlink' };
  const read = namespace.procNet === null ? null : readFiles(namespace.procNet, state);
  return read === null ? asked : { sockets: read, source: 'procfs' };
}

function askKernel(
  libc: Libc,
  { file }: Pick<NamespacePlace, 'file'>,
  state: SocketState,
): InetSocket[] | string {
  const diag = open(libc, file, () => openSockDiag(libc));
  if (typeof diag === 'number') return reasonOf(diag);
  try {
    const names = deviceNames(libc, file);
    const sockets: InetSocket[] = [];
    for (const transport of TRANSPORTS) {
      const read = readDiagSockets(diag, transport, [stateNumber(transport, state)]);
      if (typeof read === 'number') return reasonOf(read);
      for (const socket of read) sockets.push(withDevice(socket, names));
    }
    return sockets;
  } finally {
    diag.close();
  }
}

function open(libc: Libc, file: string | null, make: () => Netlink | number): Netlink | number {
  return file === null ? make() : openInNamespace(libc, file, make);
}

/** Empty when the kernel does not tell: indexes then stand for names. */
function deviceNames(libc: Libc, file: string | null): ReadonlyMap<number, string> {
  const netlink = open(libc, file, () => Netlink.open(libc));
  if (typeof netlink === 'number') return new Map();
  const links = listLinks(netlink);
  netlink.close();
  if (typeof links === 'number') return new Map();
  return new Map([...links].map(([index, { name }]) => [index, name]));
}

/** The kernel ties a socket on a link-local address to its device. */
function withDevice(socket: DiagSocket, names: ReadonlyMap<number, string>): InetSocket {
  const { interfaceIndex, local, ...rest } = socket;
  if (interfaceIndex === 0) return { ...rest, local, device: null };
  const device = names.get(interfaceIndex) ?? String(interfaceIndex);
  return { ...rest, local: LINK_LOCAL.test(local) ? `${local}%${device}` : local, device };
}

/** Null when not one of the files can be read. */
function readFiles(folder: string, state: SocketState): InetSocket[] | null {
  const texts = TRANSPORTS.flatMap((transport) =>
    ['', '6'].map((family) => ({
      transport,
      text: readText(join(folder, `${transport}${family}`)),
    })),
  );
  if (texts.every(({ text }) => text === null)) return null;
  return texts.flatMap(({ transport, text }) => readProcSockets(text ?? '', transport, state));
}
