import { type Stats, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { messageOf } from '../model/errors.ts';
import type { Container, Publication } from '../model/listener.ts';
import type { ContainerList } from './container-list.ts';
import { listFolder } from './linux/proc-files.ts';

/** The whole exchange, in milliseconds: these answer from memory or not at all. */
const WAIT_MS = 2000;
const MAX_BYTES = 16 * 2 ** 20;

/** A socket that a container runtime's API listens on. */
export interface RuntimeSocket {
  readonly runtime: Container['runtime'];
  readonly path: string;
}

export interface Runtimes extends ContainerList {
  readonly unseen: readonly string[];
}

/** Where Docker and Podman listen, those of users included; DOCKER_HOST counts when it is a socket. */
export function runtimeSockets(): RuntimeSocket[] {
  const named = /^unix:\/\/(\/.+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1];
  const users = (listFolder('/run/user') ?? []).map((uid) => join('/run/user', uid));
  const places: RuntimeSocket[] = [
    ...(named === undefined ? [] : [{ runtime: 'docker' as const, path: named }]),
    { runtime: 'docker', path: '/run/docker.sock' },
    { runtime: 'docker', path: '/var/run/docker.sock' },
    { runtime: 'podman', path: '/run/podman/podman.sock' },
    ...users.flatMap((folder): RuntimeSocket[] => [
      { runtime: 'docker', path: join(folder, 'docker.sock') },
      { runtime: 'podman', path: join(folder, 'podman/podman.sock') },
    ]),
  ];
  const known = new Map<string, RuntimeSocket>();
  for (const place of places) {
    const stats = statsOf(place.path);
    if (stats?.isSocket() === true) known.set(`${stats.dev} ${stats.ino}`, place);
  }
  return [...known.values()];
}

function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Asks runtimes for their running containers and published ports; what cannot be had is `unseen`. */
export async function askRuntimes(sockets: readonly RuntimeSocket[]): Promise<Runtimes> {
  if (sockets.length === 0) return { containers: new Map(), publications: [], unseen: [] };
  const { readContainerList } = await import('./container-list.ts');
  const containers = new Map<string, Container>();
  const publications: Publication[] = [];
  const unseen: string[] = [];
  const answers = await Promise.all(sockets.map(({ path }) => get(path, '/containers/json')));
  for (const [index, answer] of answers.entries()) {
    const { runtime, path } = sockets[index] as RuntimeSocket;
    const list = answer.text === undefined ? null : readContainerList(answer.text, runtime);
    if (list === null) {
      const why = answer.problem ?? 'its answer is no list of containers';
      unseen.push(`published ports: ${runtime} at ${path} was not heard (${why})`);
      continue;
    }
    for (const [id, container] of list.containers) containers.set(id, container);
    publications.push(...list.publications);
  }
  return { containers, publications, unseen };
}

interface Answer {
  readonly text?: string;
  readonly problem?: string;
}

function get(socketPath: string, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (thrown: unknown) => resolve({ problem: messageOf(thrown) });
    const signal = AbortSignal.timeout(WAIT_MS);
    const asked = request(
      { socketPath, path, signal, headers: { host: 'localhost' } },
      (answer) => {
        const pieces: Buffer[] = [];
        let size = 0;
        answer.on('data', (piece: Buffer) => {
          size += piece.length;
          pieces.push(piece);
          if (size > MAX_BYTES) answer.destroy(new Error(`more than ${MAX_BYTES} bytes`));
        });
        answer.on('error', fail);
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString('utf8');
          if (answer.statusCode === 200) resolve({ text });
          else resolve({ problem: `HTTP status ${answer.statusCode}` });
        });
      },
    );
    asked.on('error', fail);
    asked.end();
  });
}
