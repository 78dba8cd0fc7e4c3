import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readProcSockets } from './procfs-sockets.ts';

// the first line of each as `cat` shows it here, addresses and ports of the others changed
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 640 2 0000000000000000 100 0 0 10 0                       
   1: 0100007F:8124 0100007F:07E8 01 00000000:00000000 00:00000000 00000000  1000        0 16573 1 0000000000000000 20 4 30 10 -1                    
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16583 1 0000000000000000 100 0 0 10 0
   1: 000080FE00000000FF00FC01010000FE:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16584 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 16585 1 0000000000000000 100 0 0 10 0
`;
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
  106: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   102        0 16590 2 0000000000000000 0         
`;

it('reads what listens', () => {
  expect(readProcSockets(TCP, 'tcp', 'listening')).toEqual([
    {
      transport: 'tcp',
      family: 4,
      local: '0.0.0.0',
      port: 2024,
      remote: '0.0.0.0',
      remotePort: 0,
      v6only: null,
      device: null,
      inode: 640,
      uid: 0,
      cgroup: null,
    },
  ]);
  expect(readProcSockets(TCP6, 'tcp', 'listening')).toMatchObject([
    { family: 6, local: '::', port: 8080 },
    { family: 6, local: 'fe80::1fc:ff:fe00:1', port: 8081 },
    { family: 6, local: '127.0.0.1', port: 8082, uid: 33 },
  ]);
  expect(readProcSockets(UDP, 'udp', 'listening')).toMatchObject([
    { local: '127.0.0.1', port: 5353, inode: 16590, uid: 102 },
  ]);
});

it('reads what is connected', () => {
  expect(readProcSockets(TCP, 'tcp', 'connected')).toMatchObject([
    { local: '127.0.0.1', port: 33060, remote: '127.0.0.1', remotePort: 2024, uid: 1000 },
  ]);
});

it('takes any text', () => {
  const mutated = fc
    .tuple(fc.constantFrom(TCP, TCP6, UDP), fc.nat(900), fc.string({ maxLength: 20 }))
    .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + what.length));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      for (const socket of readProcSockets(text, 'tcp', 'listening')) {
        expect(isIP(socket.local)).toBeGreaterThan(0);
        expect(socket.port).toBeLessThan(65_536);
      }
    }),
  );
});
