import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleDarwin } from './listeners.ts';
import { readLsof } from './lsof.ts';
import { readNetstat } from './netstat.ts';
import { readLaunchctl, readPs } from './processes.ts';

// No Mac is here. The form of lsof is that of lsof(8), field by field as lsof 4.95 prints it on Linux
// (`lsof -nP -w +c0 -iTCP -sTCP:LISTEN -iUDP -F pcuLftPnT`); macOS writes zones into the address.
const LSOF = `p312
crapportd
u501
Ljane
f8
tIPv4
PTCP
n*:49156
TST=LISTEN
TQR=0
TQS=0
f9
tIPv6
PTCP
n*:49156
TST=LISTEN
f12
tIPv4
PUDP
n*:*
p640
cnode
u501
Ljane
f18
tIPv6
PTCP
n*:3000
TST=LISTEN
f19
tIPv4
PTCP
n127.0.0.1:3001
TST=LISTEN
f20
tIPv4
PTCP
n192.0.2.7:50000->198.51.100.1:443
TST=ESTABLISHED
p701
cmy\\x20server
u501
Ljane
f5
tIPv6
PUDP
n[fe80:4::aede:48ff:fe00:1122]:56822
f6
tIPv4
PUDP
n192.0.2.7:5000->198.51.100.1:53
`;
// in the form of netstat(1) of macOS, as people print it
const NETSTAT = `Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)    
tcp46      0      0  *.3000                 *.*                    LISTEN     
tcp4       0      0  127.0.0.1.3001         *.*                    LISTEN     
tcp4       0      0  192.0.2.7.50000        198.51.100.1.443       ESTABLISHED
tcp6       0      0  *.49156                *.*                    LISTEN     
tcp4       0      0  *.49156                *.*                    LISTEN     
tcp4       0      0  127.0.0.1.631          *.*                    LISTEN     
tcp6       0      0  ::1.631                *.*                    LISTEN     
udp46      0      0  *.5353                 *.*                               
udp4       0      0  *.*                    *.*                               
udp6       0      0  fe80::aede:48ff:fe00:1122%en5.56822  *.*                 
udp4       0      0  192.0.2.7.5000         198.51.100.1.53                   
`;
const COMMANDS = `    1 /sbin/launchd
  312 /usr/libexec/rapportd
  640 node server.js --password hunter2
  701 /Applications/My Server.app/Contents/MacOS/my server --port 56822
`;
const EXECUTABLES = `    1 /sbin/launchd
  312 /usr/libexec/rapportd
  640 node
  701 /Applications/My Server.app/Contents/MacOS/my server
`;
const LAUNCHCTL = `PID\tStatus\tLabel
312\t0\tcom.apple.rapportd
-\t0\tcom.apple.notrunning
`;
const TEXTS = {
  lsof: LSOF,
  netstat: NETSTAT,
  commands: COMMANDS,
  executables: EXECUTABLES,
  launchctl: LAUNCHCTL,
};

describe('assembleDarwin', () => {
  const { listeners, complete } = assembleDarwin(TEXTS);
  const at = (port: number) => listeners.filter((one) => one.port === port);

  it('joins what netstat sees with what lsof knows', () => {
    expect(complete).toBe(true);
    expect(at(3000)).toMatchObject([
      { bind: '::', families: [4, 6], scope: 'all', program: 'node', user: 'jane', processes: 1 },
    ]);
    expect(at(3000)[0]?.command).toBe('node server.js --password ***');
    expect(at(3001)).toMatchObject([{ bind: '127.0.0.1', scope: 'loopback' }]);
    expect(at(49156)).toMatchObject([
      { bind: '0.0.0.0', families: [4], unit: 'com.apple.rapportd' },
      { bind: '::', families: [6], executable: '/usr/libexec/rapportd' },
    ]);
    expect(at(56822)).toMatchObject([
      { program: 'my server', bind: 'fe80::aede:48ff:fe00:1122%en5', families: [6] },
    ]);
  });

  it('lists what only netstat sees, and says that it does not know whose it is', () => {
    expect(at(631)).toMatchObject([{ bind: '127.0.0.1' }, { bind: '::1' }]);
    expect(at(5353)).toMatchObject([{ transport: 'udp', families: [4, 6] }]);
    for (const one of [...at(631), ...at(5353)]) {
      expect(one.program).toBeUndefined();
      expect(one.unseen).toEqual(['program: needs root']);
    }
  });

  it('leaves out connections and sockets without a port', () => {
    expect(
      listeners.map(({ port }) => port).filter((port) => [0, 50_000, 5000].includes(port)),
    ).toEqual([]);
  });

  it('is not complete without netstat', () => {
    const alone = assembleDarwin({ ...TEXTS, netstat: null });
    expect(alone.complete).toBe(false);
    const node = alone.listeners.find(({ port }) => port === 3000);
    expect(node).toMatchObject({ families: [4, 6], unseen: [expect.stringContaining('assumed')] });
  });
});

it('takes any text', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(LSOF, NETSTAT, COMMANDS, LAUNCHCTL),
      fc.nat(900),
      fc.string({ maxLength: 20 }),
    )
    .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + what.length));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      for (const { bind, port } of [...readLsof(text), ...readNetstat(text)]) {
        expect(isIP(bind.split('%')[0] ?? '')).toBeGreaterThan(0);
        expect(port).toBeLessThan(65_536);
      }
      for (const pid of [...readPs(text).keys(), ...readLaunchctl(text).keys()]) {
        expect(pid).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
