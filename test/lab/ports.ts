import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which kernels draw ports for outgoing connections (32768 on Linux), so that
 * nothing takes a port between this check and the server's start.
 */
const LOWEST = 10_000;
const HIGHEST = 32_000;
const ATTEMPTS = 200;

/** A port that is free for TCP and UDP on `address`; an address of elsewhere is taken on trust. */
export async function freePort(address: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if ((await bindsTcp(address, port)) && (await bindsUdp(address, port))) return port;
  }
  throw new Error(`no free port on ${address} after ${ATTEMPTS} attempts`);
}

async function bindsTcp(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    return isElsewhere(error);
  }
  server.close();
  await once(server, 'close');
  return true;
}

async function bindsUdp(address: string, port: number): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
  } catch (error) {
    return isElsewhere(error);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
  return true;
}

function isElsewhere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL';
}
