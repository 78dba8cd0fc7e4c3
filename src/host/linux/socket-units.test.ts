import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readUnits, unitOfSocket } from './socket-units.ts';

// captured here from systemd 252 with units made for it (`systemctl --user show --property=…`); names and
// ports changed, lldp.socket written after systemd's way to print a link-local address
const SOCKETS = `Listen=0.0.0.0:22 (Stream)
Listen=[::]:22 (Stream)
Listen=/run/ssh.sock (Stream)
Id=ssh.socket
Triggers=ssh.service

Listen=[::]:69 (Datagram)
Id=tftp.socket
Triggers=

Listen=/run/dbus/system_bus_socket (Stream)
Id=dbus.socket
Triggers=dbus.service

Listen=[fe80::1]:5000%eth0 (Stream)
Id=lldp.socket
`;
const SERVICES = `ExecStart={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Id=ssh.service

ExecStart={ path=/usr/bin/dbus-daemon ; argv[]=@dbus-daemon --system ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Id=dbus.service
`;

it('reads what each unit listens on, and what it starts', () => {
  const ssh = { unit: 'ssh.socket', transport: 'tcp', port: 22, executable: '/usr/sbin/sshd' };
  expect(readUnits(SOCKETS, SERVICES)).toEqual([
    { ...ssh, bind: '0.0.0.0' },
    { ...ssh, bind: '::' },
    { unit: 'tftp.socket', transport: 'udp', bind: '::', port: 69 },
    { unit: 'lldp.socket', transport: 'tcp', bind: 'fe80::1', port: 5000 },
  ]);
});

it('finds the unit of a socket', () => {
  const units = readUnits(SOCKETS, SERVICES);
  const unitAt = (transport: 'tcp' | 'udp', local: string, port: number) =>
    unitOfSocket(units, { transport, local, port })?.unit;
  expect(unitAt('tcp', '::', 22)).toBe('ssh.socket');
  expect(unitAt('udp', '::', 69)).toBe('tftp.socket');
  expect(unitAt('tcp', 'fe80::1%eth0', 5000)).toBe('lldp.socket');
  expect(unitAt('tcp', '::', 69)).toBeUndefined();
});

it('takes any text', () => {
  const mutated = fc
    .tuple(fc.nat(SOCKETS.length), fc.string({ maxLength: 20 }))
    .map(([at, what]) => SOCKETS.slice(0, at) + what + SOCKETS.slice(at + what.length));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), fc.string(), (sockets, services) => {
      for (const { port } of readUnits(sockets, services)) expect(port).toBeLessThan(65_536);
    }),
  );
});
