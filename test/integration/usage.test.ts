import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readListeners } from '../../src/host/listeners.ts';
import { readUsage } from '../../src/host/usage.ts';
import { listenerKey } from '../../src/model/listener.ts';
import type { Usage } from '../../src/model/usage.ts';
import { met } from '../helpers/needs.ts';
import type { Child } from '../lab/child.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { holdSockets } from '../lab/sockets.ts';

/** Connects once inside to each of [address, port]. */
const CLIENT = `
const net = require('node:net');
Promise.all(JSON.parse(process.argv[1]).map(([host, port]) => new Promise((resolve) => {
  net.connect(port, host, resolve).on('error', () => {});
}))).then(() => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

const ready = namespacesMet('nft', 'setpriv') && met({ root: true, commands: ['python3'] });

describe.skipIf(!ready)('usage in a namespace', () => {
  const folder = makeFolder('usage');
  const clients: Socket[] = [];
  let namespace: Namespace;
  let holder: Child;
  let usage: (port: number, transport?: string) => Usage | undefined;

  async function dial(port: number, host: string): Promise<void> {
    const client = connect(port, host);
    clients.push(client);
    await once(client, 'connect');
  }

  beforeAll(async () => {
    namespace = makeNamespace();
    const { v4, v6 } = namespace.far;
    namespace.nft(
      'table inet t {\nchain c {\ntype filter hook input priority 0;\nct state new accept\n}\n}\n',
    );
    holder = await holdSockets(
      [
        { transport: 'tcp', bind: '::', port: 1001, v6only: false, times: 2 },
        { transport: 'tcp', bind: v4, port: 1001, times: 2 },
        { transport: 'tcp', bind: '0.0.0.0', port: 1002 },
        { transport: 'tcp', bind: '127.0.0.1', port: 1003 },
        { transport: 'udp', bind: '0.0.0.0', port: 1004 },
      ],
      folder,
      { namespace: namespace.name },
    );
    await dial(1001, v6);
    await dial(1001, v4);
    await dial(1001, v4);
    await namespace.script(CLIENT, [
      ['127.0.0.1', 1002],
      [v4, 1002],
    ]);
    const sender = createSocket('udp4');
    await new Promise((resolve) => sender.send('hello', 1004, v4, resolve));
    sender.close();
    const look = await readListeners();
    const all = await readUsage(look);
    usage = (port, transport = 'tcp') => {
      const own = look.listeners.filter((one) => one.namespace === namespace.name);
      const listener = own.find((one) => one.port === port && one.transport === transport);
      return listener === undefined ? undefined : all.get(listenerKey(listener));
    };
    specific = look.listeners
      .filter((one) => one.namespace === namespace.name && one.port === 1001)
      .map((one) => [one.bind, all.get(listenerKey(one))?.connections]);
  });
  let specific: unknown[];

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await holder?.kill();
    namespace?.close();
    await removeFolder(folder);
  });

  it('gives connections to the listener that took them', () => {
    expect(new Map(specific as [string, number][])).toEqual(
      new Map([
        ['::', 1],
        [namespace.far.v4, 2],
      ]),
    );
  });

  it('tells whether others than this machine use it', () => {
    const { near, far } = namespace;
    const inside = usage(1002);
    expect(inside).toMatchObject({ connections: 2, peers: 2, loopbackOnly: true, unseen: [] });
    expect([...(inside?.sample ?? [])].sort()).toEqual([far.v4, '127.0.0.1'].sort());
    expect(usage(1001)?.loopbackOnly).toBe(false);
    expect([near.v4, near.v6]).toContain(usage(1001)?.sample[0]);
    expect(usage(1003)).toMatchObject({ connections: 0, loopbackOnly: 'unseen' });
  });

  it('sees UDP where the kernel tracks it, and says where not', () => {
    const udp = usage(1004, 'udp');
    const seen = { connections: 1, sample: [namespace.near.v4], unseen: [] };
    const unseen = { connections: 0, loopbackOnly: 'unseen' };
    const isTracked = existsSync('/proc/net/nf_conntrack');
    expect(udp).toMatchObject(isTracked ? seen : unseen);
    expect(udp?.unseen.length).toBe(isTracked ? 0 : 1);
  });
});
