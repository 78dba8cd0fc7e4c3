import { Socket } from 'node:net';
import { isSelfConnected } from '../../net/dial.ts';
import type { Answer } from '../connect/dialer.ts';
import { readConnectError } from '../connect/node-dialer.ts';
import type { Glance, GlanceRequest, Handshake, Observer } from './glance.ts';
import { type Line, Looking } from './looking.ts';

/** States of an attempt as the quick look names them; a reset of an attempt comes after its handshake. */
export const HANDSHAKES: Readonly<Record<Answer['state'], Handshake>> = {
  open: 'completed',
  closed: 'refused',
  self: 'refused',
  filtered: 'silent',
  'open|filtered': 'silent',
  unreachable: 'unreachable',
  'local-error': 'local',
  short: 'local',
};

function lineOf(socket: Socket): Line {
  return {
    send: (bytes) => void socket.write(bytes),
    facts: () => ({}), // node:net tells neither windows nor acknowledgements
    drop: () => socket.resetAndDestroy(),
  };
}

function listen(socket: Socket, looking: Looking): void {
  let stands = false;
  socket.once('connect', () => {
    if (isSelfConnected(socket)) return looking.failed('refused');
    stands = true;
    looking.connected(lineOf(socket));
  });
  socket.on('data', (chunk: Buffer) => looking.heard(chunk));
  socket.once('end', () => looking.ended('closed'));
  socket.on('error', (error) => {
    const handshake = HANDSHAKES[readConnectError(error).state];
    if (stands) return looking.ended('reset');
    if (handshake !== 'completed') return looking.failed(handshake);
    looking.connected({ send: () => undefined, facts: () => ({}), drop: () => undefined });
    looking.ended('reset');
  });
}

/** Quick looks through node:net, everywhere. It sees resets, ends, silence and bytes, but no windows. */
export class NodeObserver implements Observer {
  glance(request: GlanceRequest): Promise<Glance> {
    return new Promise((resolve) => {
      const socket = new Socket({ allowHalfOpen: true });
      const cancel = (): void => looking.failed('local');
      const looking = new Looking(request, (glance) => {
        request.signal.removeEventListener('abort', cancel);
        socket.destroy();
        resolve(glance);
      });
      request.signal.addEventListener('abort', cancel, { once: true });
      listen(socket, looking);
      socket.setNoDelay(true);
      socket.connect({ host: request.address, port: request.port });
    });
  }
}
