import { expect, describe as group, it } from 'vitest';
import { describe, type Held, heldBy, type Knowledge } from './describe.ts';
import type { InetSocket } from './inet-socket.ts';
import type { ProcessFacts } from './processes.ts';

const ID = 'ab'.repeat(32);
const WEB = { runtime: 'docker', name: 'web', image: 'nginx:1' } as const;

const socket: InetSocket = {
  transport: 'tcp',
  family: 6,
  local: '::',
  port: 22,
  remote: '::',
  remotePort: 0,
  v6only: false,
  device: null,
  inode: 1,
  uid: 33,
  cgroup: 7n,
};
const nginx: ProcessFacts = {
  pid: 50,
  parent: 1,
  program: 'nginx',
  command: 'nginx -g x',
  executable: '/usr/sbin/nginx',
  uid: 0,
  group: { unit: 'nginx.service' },
  root: '',
};
const systemd: ProcessFacts = {
  ...nginx,
  pid: 1,
  parent: 0,
  program: 'systemd',
  executable: '/usr/lib/systemd/systemd',
  group: { unit: 'init.scope' },
};
const knowledge: Knowledge = {
  containers: new Map([[ID, WEB]]),
  publications: [
    { transport: 'tcp', bind: '0.0.0.0', port: 22, container: WEB, containerPort: 22 },
  ],
  socketUnits: [
    { unit: 'ssh.socket', transport: 'tcp', bind: '::', port: 22, executable: '/usr/sbin/sshd' },
  ],
  users: (root) => new Map([[0, root === '' ? 'root' : 'inside']]),
  owners: (root, path) =>
    root === ''
      ? { manager: 'dpkg', name: path.slice('/usr/sbin/'.length), version: '1' }
      : undefined,
  groupOf: () => ({ unit: 'hidden.service' }),
  bindV6only: false,
  hidden: false,
};

function listenerOf(
  facts: ProcessFacts[],
  change: Partial<InetSocket> = {},
  more: Partial<Knowledge> = {},
) {
  const held: Held = {
    socket: { ...socket, ...change },
    namespace: 'host',
    source: 'netlink',
    pids: facts.map(({ pid }) => pid),
    ...heldBy(facts),
  };
  return describe(held, { ...knowledge, ...more }).listener;
}

it('says that the package may not be that of what runs', () => {
  expect(listenerOf([nginx]).unseen).toEqual([]);
  const [said] = listenerOf([{ ...nginx, replaced: true }]).unseen;
  expect(said).toMatch(/^executable: replaced or removed since/);
});

it('says who is behind a socket', () => {
  expect(listenerOf([nginx])).toEqual({
    transport: 'tcp',
    bind: '::',
    families: [4, 6],
    scope: 'all',
    port: 22,
    namespace: 'host',
    program: 'nginx',
    command: 'nginx -g x',
    executable: '/usr/sbin/nginx',
    package: { manager: 'dpkg', name: 'nginx', version: '1' },
    user: 'root',
    unit: 'nginx.service',
    unseen: [],
  });
});

it('tells families by socket, address and option', () => {
  expect(listenerOf([nginx], { v6only: true }).families).toEqual([6]);
  expect(listenerOf([nginx], { v6only: null }, { bindV6only: true }).families).toEqual([6]);
  expect(listenerOf([nginx], { local: '127.0.0.1' }).families).toEqual([4]);
  expect(listenerOf([nginx], { local: '2001:db8::1' }).families).toEqual([6]);
});

group('a socket that systemd opened', () => {
  const ssh = { program: 'sshd', unit: 'ssh.socket', package: { name: 'sshd' } };

  it('has the same program before and after its service was started', () => {
    const before = listenerOf([systemd]);
    expect(before).toMatchObject(ssh);
    expect(before.command).toBeUndefined();
    const sshd = { ...nginx, program: 'sshd', command: 'sshd -D', executable: '/usr/sbin/sshd' };
    expect(listenerOf([systemd, sshd])).toMatchObject({ ...ssh, command: 'sshd -D' });
  });

  it('says so when its unit is not known', () => {
    const listener = listenerOf([systemd], {}, { socketUnits: [] });
    expect(listener.unit).toBeUndefined();
    expect(listener.unseen).toEqual([expect.stringMatching(/^unit: systemd holds it/)]);
  });

  it("is not looked for when the systemd is a container's", () => {
    const inside = { ...systemd, group: { container: { runtime: 'docker' as const, id: ID } } };
    expect(listenerOf([inside])).toMatchObject({ program: 'systemd', container: WEB });
  });
});

group('containers', () => {
  it('are named by their runtime, or by their short id', () => {
    const inside = {
      ...nginx,
      root: '/proc/50/root',
      group: { container: { runtime: 'docker' as const, id: ID } },
    };
    expect(listenerOf([inside])).toMatchObject({ container: WEB, user: 'inside' });
    expect(listenerOf([inside]).package).toBeUndefined();
    expect(listenerOf([inside], {}, { containers: new Map() }).container).toEqual({
      runtime: 'docker',
      name: ID.slice(0, 12),
    });
  });

  it('are behind the proxy of a published port', () => {
    const proxy = { ...nginx, program: 'docker-proxy' };
    expect(listenerOf([proxy], { local: '0.0.0.0' }).container).toEqual(WEB);
    expect(listenerOf([proxy], { port: 23 }).container).toBeUndefined();
    expect(listenerOf([nginx]).container).toBeUndefined();
  });
});

it('says what it could not see', () => {
  expect(listenerOf([])).toMatchObject({
    user: '33',
    unit: 'hidden.service',
    unseen: [expect.stringContaining('no process here holds it')],
  });
  expect(listenerOf([], {}, { hidden: true }).unseen).toEqual([
    expect.stringMatching(/^program: (?:needs|closed to) root/),
  ]);
});
