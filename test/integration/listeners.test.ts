import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readListeners } from '../../src/host/listeners.ts';
import type { ListenerLook } from '../../src/host/look.ts';
import { canonicalAddress } from '../../src/model/address.ts';
import { type Listener, listenerKey } from '../../src/model/listener.ts';
import { findCommand, met } from '../helpers/needs.ts';
import { callAsNobody, copyWithoutKoffi } from '../helpers/without-koffi.ts';
import type { Child } from '../lab/child.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { holdSockets, type SocketSpec } from '../lab/sockets.ts';

/** What ss(8) says of one socket, in our words; the wildcard of a dual-stack socket is `*`. */
function readSs(line: string): { key: string; pids: number[] } {
  const [transport, , , , local = '', , ...users] = line.trim().split(/\s+/);
  const [, address = '', device = '', port] = /^(.*?)(?:%([^:\]]+))?:(\d+)$/.exec(local) ?? [];
  const bare = address.replace(/[[\]]/g, '');
  const bind = bare === '*' ? '*' : canonicalAddress(bare);
  const pids = [...users.join(' ').matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
  return { key: [transport, bind, device, port].join(' '), pids };
}

/** The same of a listener. */
function ssKey({ transport, bind, families, device = '', port }: Listener): string {
  const [bare = ''] = bind.split('%');
  return [transport, bare === '::' && families.length === 2 ? '*' : bare, device, port].join(' ');
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

const ready =
  namespacesMet('ss', 'python3', 'setpriv') && met({ root: true, commands: ['python3'] });

describe.skipIf(!ready)('listeners in a namespace', () => {
  const folder = makeFolder('listeners');
  let namespace: Namespace;
  let look: ListenerLook;
  let inside: Listener[];
  const holders: Child[] = [];

  beforeAll(async () => {
    namespace = makeNamespace();
    const { v4, v6, device } = namespace.far;
    const local = 'fe80::7';
    namespace.exec('ip', 'addr', 'add', `${local}/64`, 'dev', device, 'nodad');
    const specs: SocketSpec[] = (['tcp', 'udp'] as const).flatMap((transport) => [
      { transport, bind: '0.0.0.0', port: 1001 },
      { transport, bind: '127.0.0.1', port: 1002 },
      { transport, bind: v4, port: 1003 },
      { transport, bind: '::', port: 1004, v6only: false },
      { transport, bind: '::', port: 1005, v6only: true },
      { transport, bind: '0.0.0.0', port: 1005 },
      { transport, bind: '::1', port: 1006 },
      { transport, bind: v6, port: 1007 },
      { transport, bind: `${local}%${device}`, port: 1008 },
      { transport, bind: '0.0.0.0', port: 1009, device },
      { transport, bind: '::', port: 1010, v6only: false, device: 'lo' },
      { transport, bind: '0.0.0.0', port: 1011, times: 4 },
      { transport, bind: '::ffff:127.0.0.1', port: 1012 },
    ]);
    const inNamespace = { namespace: namespace.name };
    holders.push(
      await holdSockets(specs, folder, { ...inNamespace, args: ['--password', 'hunter2'] }),
      await holdSockets([{ transport: 'tcp', bind: '0.0.0.0', port: 1020 }], folder, {
        ...inNamespace,
        user: 'daemon',
        forks: 3,
      }),
      await holdSockets(
        [{ transport: 'udp', bind: '127.0.0.1', port: 1030, connect: ['127.0.0.1', 1002] }],
        folder,
        inNamespace,
      ),
    );
    look = await readListeners();
    inside = look.listeners.filter((listener) => listener.namespace === namespace.name);
  });

  afterAll(async () => {
    await Promise.all(holders.map((holder) => holder.kill()));
    namespace?.close();
    await removeFolder(folder);
  });

  function at(port: number, transport = 'tcp'): Listener[] {
    return inside.filter((one) => one.port === port && one.transport === transport);
  }

  it('lists exactly what ss lists', () => {
    const said = namespace.exec('ss', '-lntupH').trim().split('\n').map(readSs);
    expect(unique(inside.map(ssKey))).toEqual(unique(said.map(({ key }) => key)));
    expect(said.length).toBeGreaterThan(26);
    for (const listener of inside) {
      const lines = said.filter(({ key }) => key === ssKey(listener));
      expect(listener.processes).toBe(new Set(lines.flatMap(({ pids }) => pids)).size);
    }
  });

  it('tells families and scope apart', () => {
    const facts = (port: number) => at(port).map(({ families, scope }) => ({ families, scope }));
    expect(facts(1001)).toEqual([{ families: [4], scope: 'all' }]);
    expect(facts(1002)).toEqual([{ families: [4], scope: 'loopback' }]);
    expect(facts(1003)).toEqual([{ families: [4], scope: 'one' }]);
    expect(facts(1004)).toEqual([{ families: [4, 6], scope: 'all' }]);
    expect(facts(1005)).toEqual([
      { families: [4], scope: 'all' },
      { families: [6], scope: 'all' },
    ]);
    expect(facts(1006)).toEqual([{ families: [6], scope: 'loopback' }]);
    expect(facts(1009)).toEqual([{ families: [4], scope: 'one' }]);
    expect(facts(1010)).toEqual([{ families: [4, 6], scope: 'loopback' }]);
    expect(facts(1012)).toEqual([{ families: [4], scope: 'loopback' }]);
    expect(at(1008)[0]?.bind).toMatch(new RegExp(`^fe80:.*%${namespace.far.device}$`));
    expect(at(1009)[0]?.device).toBe(namespace.far.device);
  });

  it('says who is behind it', () => {
    const [own] = at(1001);
    expect(own).toMatchObject({ program: expect.stringMatching(/^python3/), user: 'root' });
    expect(own?.executable).toMatch(/^\/.*python3/);
    expect(own?.command).toContain('--password ***');
    expect(own?.unseen).toEqual([]);
    expect(at(1020)).toMatchObject([{ user: 'daemon', processes: 4 }]);
  });

  it('shows a user without rights, and without netlink, less, and says so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ours = server.address() as AddressInfo;
    const limited = callAsNobody(
      copyWithoutKoffi(folder),
      'host/listeners.js',
      'readListeners',
    ) as ListenerLook;
    server.close();
    expect(limited.complete).toBe(false);
    expect(limited.unseen).toContainEqual(expect.stringMatching(/namespaces.*needs root/));
    const [foreign] = limited.listeners.filter(({ port }) => port === ours.port);
    expect(foreign).toMatchObject({ namespace: 'host', bind: '127.0.0.1', user: 'root' });
    expect(foreign?.program).toBeUndefined();
    expect(foreign?.unseen).toContain('program: needs root');
    expect(foreign?.unseen).toContainEqual(expect.stringMatching(/^device: only netlink/));
  });

  it('does not take processes that it may not list for none', () => {
    const hiding = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"';
    const limited = callAsNobody(copyWithoutKoffi(folder), 'host/listeners.js', 'readListeners', [
      findCommand('unshare') ?? '',
      '-m',
      'sh',
      '-c',
      hiding,
      'sh',
    ]) as ListenerLook;
    expect(limited.complete).toBe(false);
    expect(limited.unseen).toContainEqual(expect.stringMatching(/^network namespaces: .*hidepid/));
  });

  it('counts sockets that share a port as one listener', () => {
    expect(at(1011)).toMatchObject([{ processes: 1 }]);
    const keys = look.listeners.map(listenerKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('leaves connected UDP sockets out', () => {
    expect(at(1030, 'udp')).toEqual([]);
  });
});

describe.skipIf(!met({ root: true, linux: true, commands: ['ss'] }))(
  'listeners of the host',
  () => {
    it('lists what ss lists', async () => {
      const ss = () =>
        execFileSync('ss', ['-lntupH'], { encoding: 'utf8' })
          .trim()
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => readSs(line).key);
      const before = new Set(ss());
      const { listeners, complete, unseen } = await readListeners();
      const after = new Set(ss());
      const ours = new Set(listeners.filter(({ namespace }) => namespace === 'host').map(ssKey));
      // others start and stop servers meanwhile
      for (const key of before) if (after.has(key)) expect(ours).toContain(key);
      expect(complete).toBe(unseen.length === 0);
    });
  },
);
