import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { namespaceFile, readMachine } from '../../src/host/machine.ts';
import { PosternError } from '../../src/model/errors.ts';
import type { Machine, Route } from '../../src/model/machine.ts';
import { met } from '../helpers/needs.ts';
import { callAsNobody, copyWithoutKoffi } from '../helpers/without-koffi.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, namespacesMet } from '../lab/namespace.ts';

it('knows the addresses that Node knows', async () => {
  const { devices } = await readMachine();
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const device = devices.find((one) => one.name === name);
    const known = addresses.map(({ address, cidr }) => `${address} ${cidr?.split('/')[1]}`);
    const ours = device?.addresses.map(({ address, prefix }) => `${address} ${prefix}`);
    expect(ours?.sort()).toEqual(known.sort());
    expect(device?.loopback).toBe(addresses[0]?.internal);
  }
});

it('reads a namespace by name, process id and path', () => {
  expect(namespaceFile('blue')).toBe('/run/netns/blue');
  expect(namespaceFile('42')).toBe('/proc/42/ns/net');
  expect(namespaceFile('/run/x')).toBe('/run/x');
});

describe.skipIf(!namespacesMet())('a namespace', () => {
  it('is read as ip shows it', async () => {
    const namespace = makeNamespace();
    const { far, near, name } = namespace;
    try {
      namespace.exec('ip', 'route', 'add', 'default', 'via', near.v4);
      namespace.exec('ip', 'link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'down1');
      const { devices, routes } = await readMachine(namespaceFile(name));
      const cable = devices.find((device) => device.name === far.device);
      expect(cable).toMatchObject({ loopback: false, up: true });
      expect(cable?.addresses).toContainEqual({ address: far.v4, prefix: 30 });
      expect(cable?.addresses).toContainEqual({ address: far.v6, prefix: 64 });
      expect(devices.find((device) => device.name === 'lo')).toMatchObject({
        loopback: true,
        up: true,
        addresses: [
          { address: '127.0.0.1', prefix: 8 },
          { address: '::1', prefix: 128 },
        ],
      });
      expect(devices.find((device) => device.name === 'down0')?.up).toBe(false);
      expect(routes).toContainEqual({ to: '0.0.0.0/0', device: far.device });
      expect(routes.map(({ to }) => to)).toContain(far.v6.replace(/::2$/, '::/64'));
      // and we are where we were
      const own = await readMachine();
      expect(own.devices.map((device) => device.name)).toContain(near.device);
    } finally {
      namespace.close();
    }
  });
});

it.skipIf(!met({ root: true, linux: true, commands: ['setpriv'] }))(
  'knows nearly as much without netlink',
  async () => {
    const folder = makeFolder('machine');
    const limited = callAsNobody(copyWithoutKoffi(folder), 'host/machine.js', 'readMachine');
    const { hostname, system, devices, routes } = await readMachine();
    await removeFolder(folder);
    expect(limited).toMatchObject({ hostname, system });
    const told = limited as Machine;
    const loopback = (machine: Machine) => machine.devices.filter((device) => device.loopback);
    expect(loopback(told)).toEqual(devices.filter((device) => device.loopback));
    // others make and remove devices meanwhile
    const defaults = (all: readonly Route[]) => all.filter(({ to }) => to.endsWith('/0'));
    expect(defaults(told.routes)).toEqual(defaults(routes));
  },
);

it.skipIf(!met({ linux: true }))('says which namespace cannot be read', async () => {
  const reading = readMachine(namespaceFile('no-such-namespace'));
  await expect(reading).rejects.toThrow(PosternError);
  await expect(reading).rejects.toMatchObject({
    code: 'NAMESPACE_READ',
    message: expect.stringContaining('no-such-namespace'),
  });
});
