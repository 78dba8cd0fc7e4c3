import { expect, it } from 'vitest';
import { type FoundSocket, mergeSockets, scopeOf } from './look.ts';

it.each([
  ['0.0.0.0', undefined, 'all'],
  ['::', undefined, 'all'],
  ['::', 'eth0', 'one'],
  ['0.0.0.0', 'lo', 'loopback'],
  ['127.0.0.53', undefined, 'loopback'],
  ['::1', undefined, 'loopback'],
  ['192.0.2.7', undefined, 'one'],
  ['fe80::1%eth0', 'eth0', 'one'],
] as const)('takes %s on %s for %s', (bind, device, scope) => {
  expect(scopeOf(bind, device)).toBe(scope);
});

function found(
  program: string,
  pids: number[],
  families: (4 | 6)[],
  unseen: string[] = [],
): FoundSocket {
  return {
    pids,
    listener: {
      transport: 'tcp',
      bind: '::',
      families,
      scope: 'all',
      port: 80,
      namespace: 'host',
      program,
      unseen,
    },
  };
}

it('makes one listener of the sockets of one program on one port', () => {
  const listeners = mergeSockets([
    found('nginx', [7, 8], [6], ['a']),
    found('nginx', [8, 9], [4, 6], ['a', 'b']),
    found('other', [], [6]),
  ]);
  expect(listeners).toMatchObject([
    { program: 'nginx', processes: 3, families: [4, 6], unseen: ['a', 'b'] },
    { program: 'other' },
  ]);
  expect(listeners[1]).not.toHaveProperty('processes');
});
