import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { type Answer, NO_FAMILY, OTHER } from '../connect/dialer.ts';
import { type CodeAnswers, NODE_ERRORS } from '../connect/node-answers.ts';
import { Pause } from '../connect/pause.ts';
import { type Addressee, type Carrier, type CarrierSink, KEPT_BYTES, REFUSED } from './carrier.ts';

/** One socket a port: macOS gives a process 256 descriptors unless asked. */
const CAPACITY = 1024;

const CODES: CodeAnswers = {
  ...NODE_ERRORS,
  ECONNREFUSED: [REFUSED, REFUSED],
  ECONNRESET: [REFUSED, REFUSED], // Windows' word for it
};

interface Target extends Addressee {
  readonly type: 'udp4' | 'udp6';
}

/** One port's socket. Connected, so that the kernel tells of refusals. */
interface Line {
  readonly socket: Socket;
  /** Whether a datagram has left: what fails later, the network has said. */
  sent: boolean;
}

/**
 * One connected socket a port, everywhere. It cannot see who sent an ICMP error, and a socket that
 * takes answers from any port is not told of refusals.
 */
export class NodeCarrier implements Carrier<Target> {
  readonly name = 'dgram';
  readonly capacity = CAPACITY;
  readonly #lines = new Map<string, Line>();
  readonly #pause = new Pause();
  #arrivals: ((sink: CarrierSink) => void)[] = [];
  #closed = false;

  target(address: string): Target | Answer {
    const family = isIP(address);
    if (family === 0) return NO_FAMILY;
    return { key: address, type: family === 4 ? 'udp4' : 'udp6' };
  }

  send(target: Target, port: number, payload: Uint8Array, fromAnyPort: boolean): Answer | null {
    if (this.#closed) return null;
    const name = `${target.key} ${port}`;
    const known = this.#lines.get(name);
    if (known !== undefined) {
      this.#say(known, target, port, payload, fromAnyPort);
      return null;
    }
    const line: Line = { socket: createSocket(target.type), sent: false };
    this.#lines.set(name, line);
    this.#listen(line, target, port);
    if (fromAnyPort) this.#say(line, target, port, payload, true);
    else this.#connect(line, target, port, payload);
    return null;
  }

  #connect(line: Line, target: Target, port: number, payload: Uint8Array): void {
    line.socket.once('connect', () => this.#say(line, target, port, payload, false));
    line.socket.connect(port, target.key);
  }

  #say(line: Line, { key }: Target, port: number, payload: Uint8Array, loose: boolean): void {
    const done = (error: Error | null): void => {
      if (error === null) line.sent = true;
      else this.#fail(line, key, port, error);
    };
    if (loose) line.socket.send(payload, port, key, done);
    else line.socket.send(payload, done);
  }

  #listen(line: Line, { key }: Target, port: number): void {
    line.socket.on('error', (error) => this.#fail(line, key, port, error));
    line.socket.on('message', (message, from) => {
      if (isSelf(line.socket, from)) {
        this.#arrive((sink) => sink.failure(key, port, REFUSED));
        return;
      }
      const payload = Uint8Array.from(message.subarray(0, KEPT_BYTES));
      this.#arrive((sink) => sink.datagram(key, from.port, payload, message.length));
    });
  }

  #fail(line: Line, key: string, port: number, error: NodeJS.ErrnoException): void {
    if (this.#lines.get(`${key} ${port}`) !== line) return;
    const [before, after] = CODES[error.code ?? ''] ?? [OTHER, OTHER];
    this.#arrive((sink) => sink.failure(key, port, line.sent ? after : before));
    this.#drop(key, port);
  }

  #arrive(arrival: (sink: CarrierSink) => void): void {
    this.#arrivals.push(arrival);
    this.#pause.end();
  }

  #drop(key: string, port: number): void {
    const name = `${key} ${port}`;
    const line = this.#lines.get(name);
    this.#lines.delete(name);
    if (line !== undefined) closeQuietly(line.socket);
  }

  /** Sends go out by themselves. */
  flush(): void {}

  release({ key }: Target, port: number): void {
    this.#drop(key, port);
  }

  collect(sink: CarrierSink): void {
    const arrivals = this.#arrivals;
    if (arrivals.length === 0) return;
    this.#arrivals = [];
    for (const arrival of arrivals) arrival(sink);
  }

  wait(ms: number): Promise<void> {
    if (this.#closed || this.#arrivals.length > 0) return Promise.resolve();
    return this.#pause.wait(ms);
  }

  wake(): void {
    this.#pause.end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.#lines.values()) closeQuietly(socket);
    this.#lines.clear();
    this.#arrivals = [];
    this.#pause.end();
  }
}

/** Connected to itself by chance: where only we listen, nobody does. */
function isSelf(
  socket: Socket,
  from: { readonly address: string; readonly port: number },
): boolean {
  const own = socket.address();
  return own.port === from.port && own.address === from.address;
}

/** A socket whose bind failed is not running, and closing it throws. */
function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // nothing is left to close
  }
}
