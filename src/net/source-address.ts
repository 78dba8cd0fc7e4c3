import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Any port does: connecting a datagram socket sends nothing. */
const DISCARD_PORT = 9;

/** The address this machine would use to reach `address`; undefined when there is no route. */
export function sourceAddress(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const finish = (found: string | undefined): void => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => finish(undefined));
    socket.once('connect', () => finish(socket.address().address));
    try {
      socket.connect(DISCARD_PORT, address);
    } catch {
      finish(undefined);
    }
  });
}
