/** Many small servers in one process: takes a JSON list of listeners on standard input. */
import { readFileSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** As large as the page of an ordinary site (HTTP Archive: a median of 30 kB). */
const PAGE = `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 30000\r\nConnection: close\r\n\r\n<title>Peer</title>${' '.repeat(29_981)}`;

const CREDENTIALS = {
  key: readFileSync('test/fixtures/tls/localhost.key'),
  cert: readFileSync('test/fixtures/tls/localhost.crt'),
};

/** Speaks first. */
function greet(text: string): (socket: Socket) => void {
  return (socket) => socket.write(text);
}

/** Answers whatever comes. */
function answer(text: string): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(text));
}

const SPEECH: Readonly<Record<number, (socket: Socket) => void>> = {
  21: greet('220 (vsFTPd 3.0.3)\r\n'),
  22: greet('SSH-2.0-OpenSSH_9.9\r\n'),
  80: answer(PAGE),
  443: answer(PAGE),
  6379: answer('-NOAUTH Authentication required.\r\n'),
  8080: answer(PAGE),
};

/** Ports without speech stay silent, as most do. */
function serve(socket: Socket, port: number): void {
  socket.on('error', () => undefined);
  SPEECH[port]?.(socket);
}

function listen({ address, port }: Listener): Promise<void> {
  const server =
    port === 443
      ? createTlsServer(CREDENTIALS, (socket) => serve(socket, port))
      : createServer((socket) => serve(socket, port));
  server.on('tlsClientError', () => undefined);
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ host: address, port }, resolve);
  });
}

await Promise.all((JSON.parse(readFileSync(0, 'utf8')) as Listener[]).map(listen));
writeSync(1, 'ready');
