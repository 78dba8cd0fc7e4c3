import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

type Bytes = string | Uint8Array;

/** The smallest exchange that shows a server at work. Text stands for its Latin-1 bytes. */
export interface Hello {
  /** What to say first; absent for servers that greet. */
  readonly send?: Bytes;
  /** How the answer begins, or a predicate over all that came. */
  readonly expect: Bytes | ((answer: Buffer) => boolean);
  /** Protocols offered by ALPN, for doors inside TLS. */
  readonly alpn?: readonly string[];
}

export interface Address {
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  readonly tls: boolean;
}

function toBuffer(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
}

/** Resolves to the answer as soon as it is the expected one; rejects with what came instead. */
export function sayHello(hello: Hello, at: Address, waitMs = 2_000): Promise<Buffer> {
  return at.transport === 'udp' ? overUdp(hello, at, waitMs) : overTcp(hello, at, waitMs);
}

function fits({ expect }: Hello, answer: Buffer): boolean {
  if (typeof expect === 'function') return expect(answer);
  const prefix = toBuffer(expect);
  return answer.subarray(0, prefix.length).equals(prefix);
}

function overTcp(hello: Hello, at: Address, waitMs: number): Promise<Buffer> {
  const to = { host: at.address, port: at.port };
  const { alpn } = hello;
  const socket = at.tls
    ? connectTls({ ...to, rejectUnauthorized: false, ...(alpn && { ALPNProtocols: [...alpn] }) })
    : connect(to);
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const fail = (how: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`${at.address}:${at.port}: ${how}, received ${quote(answer)}`));
    };
    const timer = setTimeout(() => fail(`nothing fitting in ${waitMs} ms`), waitMs);
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => fail('closed'));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (!fits(hello, answer)) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    });
    if (hello.send !== undefined) socket.write(toBuffer(hello.send));
  });
}

function overUdp(hello: Hello, at: Address, waitMs: number): Promise<Buffer> {
  const socket = createSocket(at.address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close();
      reject(new Error(`${at.address}:${at.port}/udp: nothing fitting in ${waitMs} ms`));
    }, waitMs);
    socket.on('error', () => {});
    socket.on('message', (answer) => {
      if (!fits(hello, answer)) return;
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    });
    socket.send(toBuffer(hello.send ?? ''), at.port, at.address);
  });
}

function quote(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 80).toString('latin1'));
}
