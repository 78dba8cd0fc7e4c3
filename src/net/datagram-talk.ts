import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Default wait for an answer, and how long more datagrams of the same answer are counted, milliseconds. */
const ANSWER_MS = 1200;
const GATHER_MS = 150;
const TRIES = 2;
const KEPT_BYTES = 4096;
/** Questions to one port in all. */
const MOST_QUESTIONS = 24;

/** UDP payload bytes of one question and of everything that came for it. */
export interface Exchange {
  readonly sent: number;
  readonly received: number;
}

export interface DatagramTalkOptions {
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

interface Heard {
  readonly first: Uint8Array | null;
  readonly received: number;
}

/** Questions to one UDP port, one after the other, each on a socket of its own. Nothing rejects. */
export class DatagramTalk {
  readonly #options: DatagramTalkOptions;
  readonly #exchanges: Exchange[] = [];
  #asked = 0;

  constructor(options: DatagramTalkOptions) {
    this.#options = options;
  }

  /** The questions that were answered. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /**
   * Sends the payload, and once more when nothing comes within `waitMs`. Resolves to the first
   * datagram, at most 4,096 bytes of it; null when none came, the port refused, the scan was
   * cancelled or 24 questions have been asked.
   */
  async ask(payload: Uint8Array, waitMs = ANSWER_MS): Promise<Uint8Array | null> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      this.#asked += 1;
      if (this.#options.signal.aborted || this.#asked > MOST_QUESTIONS) return null;
      const { first, received } = await exchange(this.#options, payload, waitMs);
      if (first === null) continue;
      this.#exchanges.push({ sent: payload.length, received });
      return first;
    }
    return null;
  }
}

function exchange(
  { address, port, signal }: DatagramTalkOptions,
  payload: Uint8Array,
  waitMs: number,
): Promise<Heard> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  let first: Uint8Array | null = null;
  let received = 0;
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      closeQuietly(socket);
      resolve({ first, received });
    };
    let timer = setTimeout(finish, waitMs);
    signal.addEventListener('abort', finish, { once: true });
    socket.on('error', finish);
    socket.on('message', (message) => {
      received += message.length;
      if (first !== null) return;
      first = Uint8Array.from(message.subarray(0, KEPT_BYTES));
      clearTimeout(timer);
      timer = setTimeout(finish, GATHER_MS);
    });
    socket.once('connect', () => socket.send(payload));
    socket.connect(port, address);
  });
}

/** A socket whose bind failed, or that was closed before, throws. */
function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // nothing is left to close
  }
}
