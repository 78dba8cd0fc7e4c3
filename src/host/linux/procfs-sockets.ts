import { endianness } from 'node:os';
import { addressText } from '../../model/address.ts';
import type { Transport } from '../../model/port.ts';
import { SOCKET_STATES } from '../../net/linux/sock-diag.ts';
import type { InetSocket, SocketState } from './inet-socket.ts';

/** Number, local, remote, state, queues, timer, retransmissions, uid, timeout, inode (proc_net_tcp.rst). */
const LINE =
  /^\s*\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/i;
const LITTLE = endianness() === 'LE';

/**
 * Reads /proc/net/tcp, tcp6, udp or udp6: the sockets in one state. Lines that are no socket are left
 * out. Neither IPV6_V6ONLY nor the device stands there.
 */
export function readProcSockets(
  text: string,
  transport: Transport,
  wanted: SocketState,
): InetSocket[] {
  const state = stateNumber(transport, wanted);
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    if (match === null) return [];
    const [, local = '', port = '', remote = '', remotePort = '', is = '', uid, inode] = match;
    if (Number.parseInt(is, 16) !== state || local.length !== remote.length) return [];
    return [
      {
        transport,
        family: local.length === 8 ? 4 : 6,
        local: wordsText(local),
        port: Number.parseInt(port, 16),
        remote: wordsText(remote),
        remotePort: Number.parseInt(remotePort, 16),
        v6only: null,
        device: null,
        inode: Number(inode),
        uid: Number(uid),
        cgroup: null,
      },
    ];
  });
}

/** The number the kernel gives a state (net/tcp_states.h); UDP uses those of TCP. */
export function stateNumber(transport: Transport, state: SocketState): number {
  if (state === 'connected') return SOCKET_STATES.established;
  return transport === 'tcp' ? SOCKET_STATES.listen : SOCKET_STATES.close;
}

/** Words of 32 bits, each in the machine's order. */
function wordsText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return addressText(Uint8Array.from(LITTLE ? bytes.swap32() : bytes)) ?? '';
}
