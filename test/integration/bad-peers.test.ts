import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { identify } from '../../src/identify/identify.ts';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import type { Service } from '../../src/model/service.ts';
import { DEFAULT_BUDGET } from '../../src/net/peer.ts';
import {
  close,
  drip,
  endless,
  expectBytes,
  finish,
  garbageTls,
  hold,
  hugeHttpHeader,
  reset,
  type Script,
  say,
  scriptedPeer,
  silent,
  tarpit,
} from '../helpers/scripted-peer.ts';

const PORT_MS = 8_000;

interface Looked {
  readonly service: Service | null;
  /** Bytes the peer got rid of, over all connections. */
  readonly sent: number;
  readonly connections: number;
  readonly faults: readonly string[];
}

async function look(script: Script): Promise<Looked> {
  await using peer = await scriptedPeer(script);
  const faults: string[] = [];
  const service = await identify({
    address: peer.address,
    port: peer.port,
    signal: new AbortController().signal,
    protocols: PROTOCOLS,
    timeMs: PORT_MS,
    onFault: (protocol, fault) => faults.push(`${protocol}: ${String(fault)}`),
  });
  const sent = peer.connections.reduce((sum, link) => sum + link.taken, 0);
  return { service, sent, connections: peer.connections.length, faults };
}

describe.concurrent('a bad peer', () => {
  it('that is silent is open and unverified', async () => {
    const { service, faults } = await look([silent()]);
    expect(service).toBeNull();
    expect(faults).toEqual([]);
  });

  it('that holds every connection half-open costs bounded connections', async () => {
    const { service, connections, faults } = await look([finish(), hold()]);
    expect(service).toBeNull();
    expect(connections).toBeLessThanOrEqual(DEFAULT_BUDGET.connections);
    expect(faults).toEqual([]);
  });

  it('that resets after accepting is not given a service', async () => {
    const { service, faults } = await look([reset()]);
    expect(service).toBeNull();
    expect(faults).toEqual([]);
  });

  it('that closes after accepting is not given a service', async () => {
    expect((await look([close()])).service).toBeNull();
  });

  it('that drips a banner is kept raw', async () => {
    const { service, faults } = await look([drip('none of the known ones\r\n', 30), silent()]);
    expect(service?.protocol).toBe('unknown');
    expect(service?.raw?.text).toMatch(/^none/);
    expect(faults).toEqual([]);
  });

  it('that drips an SSH banner is still SSH', async () => {
    const { service } = await look([drip('SSH-2.0-OpenSSH_9.2p1\r\n', 20), silent()]);
    expect(service).toMatchObject({ protocol: 'ssh', product: 'OpenSSH', version: '9.2p1' });
  });

  it('with an endless banner is cut off at the budget', async () => {
    const { service, sent, connections, faults } = await look([endless()]);
    expect(service?.protocol).toBe('unknown');
    expect(Buffer.from(service?.raw?.base64 ?? '', 'base64')).toHaveLength(4096);
    // what lies in the kernel's buffers when we hang up counts as sent too
    expect(sent).toBeLessThan(connections * (DEFAULT_BUDGET.bytes + 8 * 1024 * 1024));
    expect(faults).toEqual([]);
  });

  it('that waits a ClientHello out on a port of both kinds is asked bare first', async () => {
    await using peer = await scriptedPeer([
      expectBytes('*1\r\n$4\r\nPING'),
      say('+PONG\r\n'),
      hold(),
    ]);
    const redis = PROTOCOLS.filter(({ name }) => name === 'redis').map((protocol) => {
      return { ...protocol, ports: [peer.port], tlsPorts: [peer.port] };
    });
    const { address, port } = peer;
    const signal = new AbortController().signal;
    const service = await identify({ address, port, signal, protocols: redis });
    expect(service).toMatchObject({ protocol: 'redis' });
    expect(peer.connections).toHaveLength(1);
  });

  it.each(['garbage', 'alert', 'truncated-server-hello'] as const)(
    'with TLS that is %s',
    async (kind) => {
      const { service, faults } = await look([garbageTls(kind)]);
      expect(['unknown', 'tls']).toContain(service?.protocol);
      expect(service?.tls).toBeUndefined();
      expect(service?.product).toBeUndefined();
      expect(faults).toEqual([]);
    },
  );

  it('with a 1 GB HTTP header is still HTTP, or kept raw, and not read to its end', async () => {
    const { service, sent, faults } = await look([expectBytes(), hugeHttpHeader()]);
    expect(['http', 'unknown']).toContain(service?.protocol);
    expect(service?.raw?.text).toMatch(/^HTTP\/1\.1 200 OK\\r\\n/);
    expect(sent).toBeLessThan(500_000_000);
    expect(faults).toEqual([]);
  });

  it('that is a tarpit ends at the time budget', async () => {
    const { service, faults } = await look([tarpit(300)]);
    expect(service?.protocol).toBe('unknown');
    expect(service?.raw?.text).toMatch(/^\.+$/);
    expect(faults).toEqual([]);
  });

  it('that echoes what it is told is not called what we asked for', async () => {
    const echo: Script = [
      async (link) => {
        for (;;) await link.send(await link.receive((unread) => unread.length || null));
      },
    ];
    const { service, faults } = await look(echo);
    expect(['unknown', 'echo']).toContain(service?.protocol);
    expect(faults).toEqual([]);
  });

  it('that answers everything with the same line is kept raw', async () => {
    const { service } = await look([expectBytes(), say('what?\r\n'), close()]);
    expect(service).toMatchObject({ protocol: 'unknown', raw: { text: 'what?\\r\\n' } });
  });
});

describe('a raw printer', () => {
  it('is told nothing, lest it print it', async () => {
    // the rule is about the number of the port; an address of our own keeps it free of others
    const address = '127.91.0.1';
    const port = 9100;
    let received = 0;
    const printer = createServer((socket) => {
      socket.on('data', (data) => {
        received += data.length;
      });
    }).listen(port, address);
    await new Promise((resolve) => printer.once('listening', resolve));
    const signal = new AbortController().signal;
    const service = await identify({ address, port, signal, protocols: PROTOCOLS });
    printer.close();
    expect(service).toBeNull();
    expect(received).toBe(0);
  });
});
