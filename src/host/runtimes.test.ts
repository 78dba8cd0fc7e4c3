import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../../test/lab/folders.ts';
import { readContainerList } from './container-list.ts';
import { askRuntimes } from './runtimes.ts';

const folder = makeFolder('runtimes');
afterAll(() => removeFolder(folder));

const ID = '8dfafdbc3a40'.padEnd(64, '0');
/** In the shape of the example in the Docker Engine API reference (1.47, ContainerList). */
const LIST = JSON.stringify([
  {
    Id: ID,
    Names: ['/boring_feynman'],
    Image: 'postgres:16',
    Command: 'docker-entrypoint.sh postgres',
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 5432, PublicPort: 15432, Type: 'tcp' },
      { IP: '::', PrivatePort: 5432, PublicPort: 15432, Type: 'tcp' },
      { IP: '127.0.0.1', PrivatePort: 53, PublicPort: 1053, Type: 'udp' },
      { PrivatePort: 8080, Type: 'tcp' },
      { IP: '0.0.0.0', PrivatePort: 7, PublicPort: 7, Type: 'sctp' },
    ],
    NetworkSettings: {
      Networks: { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: '' } },
    },
  },
  { Id: '9cd87474be90', Names: null, Ports: null },
]);

describe('readContainerList', () => {
  it('reads containers and their published ports', () => {
    const container = { runtime: 'docker', name: 'boring_feynman', image: 'postgres:16' };
    const list = readContainerList(LIST, 'docker');
    expect(list?.containers.get(ID)).toEqual(container);
    expect(list?.containers.get('9cd87474be90')?.name).toBe('9cd87474be90');
    const inside = { container, containerAddress: '172.17.0.2' };
    expect(list?.publications).toEqual([
      { transport: 'tcp', bind: '0.0.0.0', port: 15432, containerPort: 5432, ...inside },
      { transport: 'tcp', bind: '::', port: 15432, containerPort: 5432, ...inside },
      { transport: 'udp', bind: '127.0.0.1', port: 1053, containerPort: 53, ...inside },
    ]);
  });

  it('knows what is no list', () => {
    expect(readContainerList('{"message":"page not found"}', 'docker')).toBeNull();
    expect(readContainerList('[{"Id":7}]', 'docker')).toBeNull();
    expect(readContainerList('[]', 'docker')?.publications).toEqual([]);
  });

  it('takes any text', () => {
    const mutated = fc
      .tuple(fc.nat(LIST.length), fc.string({ maxLength: 20 }))
      .map(([at, what]) => LIST.slice(0, at) + what + LIST.slice(at + what.length));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.json(), fc.string()), (text) => {
        for (const { port } of readContainerList(text, 'podman')?.publications ?? []) {
          expect(port).toBeGreaterThan(0);
        }
      }),
    );
  });
});

async function serve(name: string, onRequest: RequestListener) {
  const path = join(folder, `${name}.sock`);
  const server = createServer(onRequest).listen(path);
  await once(server, 'listening');
  return { path, runtime: 'docker' as const, close: () => server.close().closeAllConnections() };
}

describe('askRuntimes', () => {
  it('asks over the socket', async () => {
    const runtime = await serve('good', ({ url }, answer) => {
      answer.statusCode = url === '/containers/json' ? 200 : 404;
      answer.end(LIST);
    });
    const { containers, publications, unseen } = await askRuntimes([runtime]);
    runtime.close();
    expect([containers.size, publications.length, unseen]).toEqual([2, 3, []]);
  });

  it('says what it could not ask, and does not wait for long', async () => {
    const mute = await serve('mute', () => undefined);
    const broken = await serve('broken', (_, answer) => answer.end('{}'));
    const error = await serve('error', (_, answer) => answer.writeHead(500).end());
    const gone = { runtime: 'podman' as const, path: join(folder, 'gone.sock') };
    const { unseen, containers } = await askRuntimes([mute, broken, error, gone]);
    for (const runtime of [mute, broken, error]) runtime.close();
    expect(containers.size).toBe(0);
    expect(unseen).toEqual([
      expect.stringContaining('mute.sock'),
      expect.stringContaining('no list of containers'),
      expect.stringContaining('HTTP status 500'),
      expect.stringMatching(/podman at .*gone\.sock/),
    ]);
  });
});
