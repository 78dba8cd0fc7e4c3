import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readConnectError } from './node-dialer.ts';

function error(code: string, message = `connect ${code} 192.0.2.1:80`): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

describe('readConnectError', () => {
  it.each([
    ['ECONNREFUSED', 'closed', 'rst'],
    ['ECONNRESET', 'open', 'syn-ack'],
    ['ETIMEDOUT', 'filtered', 'no-response'],
    ['EHOSTUNREACH', 'unreachable', 'icmp-unreachable'],
    ['EACCES', 'unreachable', 'icmp-admin-prohibited'],
    ['EMFILE', 'short', 'descriptors'],
    ['EADDRNOTAVAIL', 'short', 'source-ports'],
    ['EWHATEVER', 'local-error', 'other-local'],
  ])('%s is %s/%s', (code, state, reason) => {
    expect(readConnectError(error(code))).toEqual({ state, reason });
  });

  it.each([
    ['ENETUNREACH', 'no-route'],
    ['EHOSTUNREACH', 'no-route'],
    ['EPERM', 'permission'],
  ])('%s of the call itself is ours: %s', (code, reason) => {
    const atOnce = error(code, `connect ${code} 192.0.2.1:80 - Local (0.0.0.0:0)`);
    expect(readConnectError(atOnce)).toEqual({ state: 'local-error', reason });
  });

  it('rests on how Node words an error of the call itself', async () => {
    // Connecting to the broadcast address fails in the kernel before anything is sent.
    const socket = new Socket();
    const thrown = await new Promise<NodeJS.ErrnoException>((resolve) => {
      socket.once('error', resolve);
      socket.connect({ host: '255.255.255.255', port: 9 });
    });
    expect(thrown.message).toContain(' - Local (');
    expect(readConnectError(thrown).state).toBe('local-error');
  });
});
