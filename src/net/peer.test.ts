import { expect, it } from 'vitest';
import { scriptedPeer, silent } from '../../test/helpers/scripted-peer.ts';
import { Peer } from './peer.ts';

it('waits for a port that went away once, not at every question', { timeout: 20_000 }, async () => {
  const server = await scriptedPeer([silent()]);
  const { address, port } = server;
  const peer = new Peer({ address, port, signal: new AbortController().signal });
  const { talk } = await peer.open();
  talk?.close();
  await server.close();
  expect(await peer.open()).toEqual({ failure: 'refused' });
  expect(peer.connections).toBe(1 + 4);
  expect(await peer.open()).toEqual({ failure: 'refused' });
  expect(peer.connections).toBe(1 + 4 + 1);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::7', '[2001:db8::7]'],
  ['fe80::7%eth0', '[fe80::7]'],
])('calls %s %s in a Host header', (address, authority) => {
  const peer = new Peer({ address, port: 80, signal: new AbortController().signal });
  expect(peer.authority).toBe(authority);
});
