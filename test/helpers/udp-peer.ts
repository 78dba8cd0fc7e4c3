import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpPeer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Datagrams received, in order. */
  readonly received: readonly Buffer[];
  /** Where they came from. */
  readonly senders: readonly { readonly address: string; readonly port: number }[];
  /** Sends from this peer's port. */
  send(datagram: Uint8Array, to: { readonly address: string; readonly port: number }): void;
  close(): Promise<void>;
}

/** A UDP peer on a port the kernel chooses: `answer` gives the datagrams to send back, if any. */
export async function udpPeer(
  answer: (datagram: Buffer, index: number) => readonly Uint8Array[],
  address = '127.0.0.1',
): Promise<UdpPeer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const received: Buffer[] = [];
  const senders: { address: string; port: number }[] = [];
  socket.on('message', (datagram, { port, address: from }) => {
    received.push(datagram);
    senders.push({ address: from, port });
    for (const reply of answer(datagram, received.length - 1)) socket.send(reply, port, from);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => socket.close(() => resolve()));
    return closing;
  };
  return {
    address,
    port: socket.address().port,
    received,
    senders,
    send: (datagram, to) => socket.send(datagram, to.port, to.address),
    close,
    [Symbol.asyncDispose]: close,
  };
}
