import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readListeners } from '../../src/host/listeners.ts';
import type { ListenerLook } from '../../src/host/look.ts';
import type { Listener } from '../../src/model/listener.ts';
import { findCommand, met } from '../helpers/needs.ts';
import { type Child, startChild } from '../lab/child.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const READY_WITHIN = 60_000;

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The root of an image that holds socat, what it is linked with, and a dpkg that owns it. */
function imageRoot(folder: string): string {
  const root = join(folder, 'root');
  const socat = realpathSync(findCommand('socat') ?? '');
  const linked =
    execFileSync(findCommand('ldd') ?? '', [socat], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  cpSync(socat, join(root, 'usr/bin/socat'));
  for (const library of linked) cpSync(realpathSync(library), join(root, library));
  put(join(root, 'etc/passwd'), 'inside:x:0:0::/:/bin/false\n');
  put(join(root, 'var/lib/dpkg/status'), 'Package: socat\nArchitecture: all\nVersion: 9-inside\n');
  put(join(root, 'var/lib/dpkg/info/socat.list'), '/.\n/usr\n/usr/bin\n/usr/bin/socat\n');
  return root;
}

const ready =
  namespacesMet('dockerd', 'socat', 'ldd', 'tar') &&
  met({ root: true, packages: ['docker.io'], commands: ['/usr/bin/docker'] });

describe.skipIf(!ready)('a container of Docker', () => {
  const folder = makeFolder('containers');
  const socket = join(folder, 'docker.sock');
  let namespace: Namespace;
  let daemon: Child;
  let look: ListenerLook;

  function docker(...args: string[]): string {
    const env = { ...process.env, DOCKER_HOST: `unix://${socket}` };
    return execFileSync('/usr/bin/docker', args, { encoding: 'utf8', env }).trim();
  }

  beforeAll(async () => {
    namespace = makeNamespace();
    daemon = startChild(
      {
        command: 'dockerd',
        args: [
          ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
          ['--pidfile', join(folder, 'pid'), '--host', `unix://${socket}`],
          ['--storage-driver', 'vfs', '--iptables=false', '--ip6tables=false'],
        ],
        namespace: namespace.name,
        ownRun: ['docker'],
      },
      join(folder, 'dockerd.log'),
    );
    const deadline = Date.now() + READY_WITHIN;
    while (!existsSync(socket) || !daemon.log().includes('API listen on')) {
      if (daemon.ended() !== undefined || Date.now() > deadline) throw new Error(daemon.log());
      await sleep(100);
    }
    const archive = join(folder, 'image.tar');
    execFileSync('tar', ['-C', imageRoot(folder), '-cf', archive, '.']);
    docker('import', archive, 'lab:1');
    docker(
      ...['run', '-d', '--name', 'web', '-p', '127.0.0.1:18080:8080', '-p', '10053:53/udp'],
      ...['lab:1', '/usr/bin/socat', 'TCP-LISTEN:8080,fork', 'EXEC:/bin/false'],
    );
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
    look = await readListeners();
    vi.unstubAllEnvs();
  });

  afterAll(async () => {
    if (existsSync(socket)) docker('rm', '-f', 'web');
    await daemon?.kill();
    namespace?.close();
    await removeFolder(folder);
  });

  const at = (port: number): Listener[] =>
    look.listeners.filter((listener) => listener.port === port && listener.container !== undefined);

  it('is named behind its listener, with what its own files say', () => {
    expect(at(8080)).toMatchObject([
      {
        namespace: 'container web',
        bind: '0.0.0.0',
        program: 'socat',
        executable: '/usr/bin/socat',
        user: 'inside',
        package: { manager: 'dpkg', name: 'socat', version: '9-inside' },
        container: { runtime: 'docker', name: 'web', image: 'lab:1' },
      },
    ]);
    expect(look.namespaces.map(({ name }) => name)).toContain('container web');
  });

  it('has its published ports told, and who holds them for it', () => {
    const published = look.publications.filter(({ container }) => container.name === 'web');
    expect(published).toContainEqual({
      transport: 'tcp',
      bind: '127.0.0.1',
      port: 18_080,
      containerPort: 8080,
      containerAddress: expect.stringMatching(/^172\./),
      container: { runtime: 'docker', name: 'web', image: 'lab:1' },
    });
    expect(published.map(({ transport, port }) => `${transport} ${port}`)).toContain('udp 10053');
    expect(at(18_080)).toMatchObject([
      {
        namespace: namespace.name,
        program: 'docker-proxy',
        scope: 'loopback',
        container: { name: 'web' },
      },
    ]);
  });
});
