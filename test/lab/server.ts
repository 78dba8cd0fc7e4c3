import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Needs } from '../helpers/needs.ts';
import { type Certificate, type CertificateKind, makeCertificates } from './certificates.ts';
import { asUser, type Child, type Launch, startChild } from './child.ts';
import { keepFolder, makeFolder, removeFolder, sweepFolders } from './folders.ts';
import { type Hello, sayHello } from './hello.ts';
import { freePort } from './ports.ts';

const run = promisify(execFile);

/** One port of a server. */
interface Door {
  /** The protocol's word in our registry: `redis`. */
  readonly protocol: string;
  /** Default tcp. */
  readonly transport?: 'tcp' | 'udp';
  /** `implicit`: TLS from the first byte; `starttls`: offered inside the protocol. Default none. */
  readonly tls?: 'none' | 'implicit' | 'starttls';
  /** How much of itself the server tells before any login. Default version. */
  readonly reveals?: 'version' | 'product' | 'protocol';
  /** The only port it will take; such a server runs in a network namespace of its own. */
  readonly fixed?: number;
  /** Shares the number of another door (DNS on TCP and UDP). */
  readonly samePortAs?: string;
  /** How it shows that it works. */
  readonly hello: Hello;
}

/** Where and with what a server is to run. */
export interface World<D extends string> {
  /** The server's own folder, gone after a clean stop. */
  readonly dir: string;
  readonly address: string;
  /** The address as URLs write it: IPv6 in brackets. */
  readonly host: string;
  readonly ports: Readonly<Record<D, number>>;
  /** Of the kind that was asked for. */
  readonly certificate: Certificate;
  /** A free port for what is no door (a cluster port). */
  readonly spare: () => Promise<number>;
  /** Runs a command to its end (set-up), as `user` when we are root; rejects when it fails. */
  readonly run: (command: string, args: readonly string[], options?: RunOptions) => Promise<void>;
}

interface RunOptions {
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One real server; one file of `servers/` each. */
export interface ServerSpec<D extends string = string> {
  readonly name: string;
  readonly needs: Needs;
  /** The product's name as its makers write it. */
  readonly product: string;
  /** Asked of the package manager or the program, never written down. */
  version(): Promise<string>;
  readonly doors: Readonly<Record<D, Door>>;
  /** Milliseconds until it must answer. Default 20,000. */
  readonly readyWithin?: number;
  /** Writes the configuration and says what to run. */
  start(world: World<D>): Promise<Launch>;
}

export interface StartOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** The network namespace (`ip netns`) to run in; `address` must be reachable from here. */
  readonly namespace?: string;
  /** Default valid. */
  readonly certificate?: CertificateKind;
}

/** What an honest scanner has to say of a door. */
export interface Expected {
  readonly protocol: string;
  readonly transport: 'tcp' | 'udp';
  readonly tls: 'none' | 'implicit' | 'starttls';
  readonly product: string;
  readonly version: string;
  /** How much of this the server tells before any login. */
  readonly reveals: 'version' | 'product' | 'protocol';
}

export interface RunningServer<D extends string = string> extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly ports: Readonly<Record<D, number>>;
  readonly expected: Readonly<Record<D, Expected>>;
  readonly dir: string;
  readonly pid: number;
  /** What it printed so far. */
  log(): string;
  /** The bytes with which a door answers its smallest exchange. */
  hello(door: D): Promise<Buffer>;
  /** Kills it with all its children and removes its folder, unless `keep` (a test failed). */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/** Keeps the doors' names through the declaration of a server. */
export function defineServer<D extends string>(spec: ServerSpec<D>): ServerSpec<D> {
  return spec;
}

const LOG = 'log';
const READY_WITHIN = 20_000;
const ATTEMPTS = 3;

/** Starts a server and resolves when every door answers; rejects with its log when one does not. */
export async function startServer<D extends string>(
  spec: ServerSpec<D>,
  options: StartOptions = {},
): Promise<RunningServer<D>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(spec, options);
    } catch (error) {
      const taken = /in use|EADDRINUSE/i.test(String(error));
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnce<D extends string>(
  spec: ServerSpec<D>,
  options: StartOptions,
): Promise<RunningServer<D>> {
  sweepFolders();
  const dir = makeFolder(spec.name);
  try {
    return await startIn(dir, spec, options);
  } catch (error) {
    const log = readLog(dir);
    await removeFolder(dir);
    throw new Error(`${spec.name} did not start: ${String(error)}\n--- its log\n${log}`, {
      cause: error,
    });
  }
}

async function startIn<D extends string>(
  dir: string,
  spec: ServerSpec<D>,
  options: StartOptions,
): Promise<RunningServer<D>> {
  const world = await makeWorld(spec, dir, options);
  const launch = await spec.start(world);
  const { namespace } = options;
  const inside = namespace === undefined ? {} : { namespace };
  const child = startChild({ cwd: dir, ...launch, ...inside }, join(dir, LOG));
  const server = await running(spec, world, child);
  try {
    await ready(spec, server, child);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return server;
}

/** The end of what it printed. */
function readLog(dir: string): string {
  const file = join(dir, LOG);
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-4_000) : '(it was never run)';
}

async function makeWorld<D extends string>(
  spec: ServerSpec<D>,
  dir: string,
  { address = '127.0.0.1', certificate = 'valid' }: StartOptions,
): Promise<World<D>> {
  const certificates = await makeCertificates(join(dir, 'tls'));
  return {
    dir,
    address,
    host: address.includes(':') ? `[${address}]` : address,
    ports: await choosePorts(spec.doors, address),
    certificate: certificates[certificate],
    spare: () => freePort(address),
    run: async (command, args, { user, env } = {}) => {
      const [program = command, ...rest] = [...asUser(user), command, ...args];
      await run(program, rest, {
        cwd: dir,
        env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C', ...env },
        timeout: 60_000,
      });
    },
  };
}

async function choosePorts<D extends string>(
  doors: Readonly<Record<D, Door>>,
  address: string,
): Promise<Record<D, number>> {
  const ports: Partial<Record<string, number>> = {};
  for (const [name, door] of Object.entries<Door>(doors)) {
    ports[name] = door.fixed ?? ports[door.samePortAs ?? ''] ?? (await freePort(address));
  }
  return ports as Record<D, number>;
}

async function running<D extends string>(
  spec: ServerSpec<D>,
  { dir, address, ports }: World<D>,
  child: Child,
): Promise<RunningServer<D>> {
  const stop = async ({ keep = false } = {}) => {
    await child.kill();
    if (keep) keepFolder(dir);
    else await removeFolder(dir);
  };
  return {
    name: spec.name,
    address,
    ports,
    expected: await expectations(spec),
    dir,
    pid: child.pid,
    log: child.log,
    hello: (door) => greet(spec.doors[door], address, ports[door]),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

function greet({ hello, transport = 'tcp', tls }: Door, address: string, port: number) {
  return sayHello(hello, { address, port, transport, tls: tls === 'implicit' });
}

async function expectations<D extends string>(spec: ServerSpec<D>): Promise<Record<D, Expected>> {
  const version = await spec.version();
  const entries = Object.entries<Door>(spec.doors).map(([name, door]) => {
    const { protocol, transport = 'tcp', tls = 'none', reveals = 'version' } = door;
    return [name, { protocol, transport, tls, product: spec.product, version, reveals }];
  });
  return Object.fromEntries(entries) as Record<D, Expected>;
}

async function ready<D extends string>(
  spec: ServerSpec<D>,
  server: RunningServer<D>,
  child: Child,
): Promise<void> {
  const deadline = Date.now() + (spec.readyWithin ?? READY_WITHIN);
  for (const door of Object.keys(spec.doors) as D[]) {
    for (;;) {
      const failure = await server.hello(door).then(() => undefined, String);
      if (failure === undefined) break;
      const ended = child.ended();
      if (ended !== undefined) throw new Error(`it ended with ${ended}`);
      if (Date.now() > deadline) throw new Error(`${door} does not answer: ${failure}`);
      await sleep(100);
    }
  }
}
