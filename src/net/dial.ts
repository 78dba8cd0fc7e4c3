import { Socket } from 'node:net';

/** Why no connection came about. */
export type DialFailure =
  /** The peer refused (RST), or tore the connection down before it stood. */
  | 'refused'
  /** Nothing came back in time. */
  | 'timeout'
  /** An ICMP error, or no route. */
  | 'unreachable'
  /** Our own side could not: descriptors, source ports, permission. */
  | 'local'
  | 'cancelled';

export type Dialed =
  | { readonly socket: Socket; readonly rttMs: number; readonly failure?: undefined }
  | { readonly socket?: undefined; readonly failure: DialFailure };

export interface DialOptions {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const FAILURES: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EPIPE: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
};

function failureOf(error: NodeJS.ErrnoException): DialFailure {
  return FAILURES[error.code ?? ''] ?? 'local';
}

/**
 * Whether a socket is connected to itself: scanning one's own address, the kernel may pick the
 * destination port as source port, and TCP's simultaneous open (RFC 9293 §3.5) then succeeds.
 */
export function isSelfConnected(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

/** Opens one TCP connection. Never rejects; the socket comes paused and with no delay set. */
export function dial(options: DialOptions): Promise<Dialed> {
  const { address, port, timeoutMs, signal } = options;
  if (signal.aborted) return Promise.resolve({ failure: 'cancelled' });
  return new Promise((resolve) => {
    const socket = new Socket({ allowHalfOpen: true });
    const startedAt = performance.now();
    const finish = (result: Dialed): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      socket.off('connect', connected);
      if (result.socket === undefined) socket.destroy();
      resolve(result);
    };
    const cancel = (): void => finish({ failure: 'cancelled' });
    const connected = (): void =>
      finish(
        isSelfConnected(socket)
          ? { failure: 'refused' }
          : { socket, rttMs: performance.now() - startedAt },
      );
    const timer = setTimeout(() => finish({ failure: 'timeout' }), timeoutMs);
    signal.addEventListener('abort', cancel, { once: true });
    // stays attached: an error after hand-over must not become an uncaught exception
    socket.on('error', (error) => finish({ failure: failureOf(error) }));
    socket.once('connect', connected);
    socket.setNoDelay(true);
    socket.connect({ host: address, port });
  });
}
