import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { udpPeer } from './udp-peer.ts';

it('answers a datagram and records it', async () => {
  await using peer = await udpPeer((datagram, index) => [
    Buffer.from(`${datagram.toString()} ${index}`),
  ]);
  const socket = createSocket('udp4');
  socket.send('ping', peer.port, peer.address);
  const [reply] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  expect(reply.toString()).toBe('ping 0');
  expect(peer.received.map(String)).toEqual(['ping']);
});
