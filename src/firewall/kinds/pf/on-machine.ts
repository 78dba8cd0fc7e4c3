import type { Device, Machine } from '../../../model/machine.ts';
import { readNetwork } from '../../../model/network.ts';
import { assume } from '../../assume.ts';
import {
  addressTest,
  type BothFamilies,
  everyAddress,
  ofNetworks,
  without,
} from '../../both-families.ts';
import type { Layer, Test } from '../../layer.ts';

const DEFAULT_ROUTES = new Set(['0.0.0.0/0', '::/0']);

/** Devices of a name: `em0`, or of a group, of which `egress` (default routes) is known. */
function devicesNamed(name: string, machine: Machine): readonly Device[] | undefined {
  const exact = machine.devices.filter((device) => device.name === name);
  if (exact.length > 0) return exact;
  if (name !== 'egress') return undefined;
  const names = new Set(
    machine.routes.filter(({ to }) => DEFAULT_ROUTES.has(to)).map(({ device }) => device),
  );
  return machine.devices.filter((device) => names.has(device.name));
}

/** `em0` and `em0:0`: its addresses; `em0:network`: the networks they are in (pf.conf(5), "address"). */
function addressesOf(text: string, machine: Machine): BothFamilies | undefined {
  const [name = '', modifier] = text.split(':');
  const devices = devicesNamed(name, machine);
  const known = modifier === undefined || modifier === '0' || modifier === 'network';
  if (devices === undefined || !known) return undefined;
  const networks = devices
    .flatMap(({ addresses }) => addresses)
    .flatMap(({ address, prefix }) => {
      const bare = address.split('%', 1)[0] ?? '';
      return readNetwork(modifier === 'network' ? `${bare}/${prefix}` : bare) ?? [];
    });
  return ofNetworks(networks);
}

function addressOf(key: string, text: string, machine: Machine): Test | undefined {
  const [, not, side] = /^(not-)?(source|destination)-address-of$/.exec(key) ?? [];
  if (side !== 'source' && side !== 'destination') return undefined;
  const addresses = addressesOf(text, machine);
  if (addresses === undefined) return undefined;
  return addressTest(side, not === undefined ? addresses : without(everyAddress(), addresses));
}

function groupOf(key: string, name: string, machine: Machine): Test | undefined {
  const [, not, field] = /^(not-)?(in-device|out-device)-group$/.exec(key) ?? [];
  if (field !== 'in-device' && field !== 'out-device') return undefined;
  const devices = devicesNamed(name, machine)?.map((device) => device.name);
  if (devices === undefined) return undefined;
  return { test: 'name', field, in: devices, ...(not === undefined ? {} : { not: true }) };
}

/**
 * The layer of a pf that runs on this machine: what its rules call by devices and groups (`(em0)`,
 * `em0:network`, `egress`) becomes addresses and names.
 */
export function onMachine(layer: Layer, machine: Machine): Layer {
  return assume(
    layer,
    (key, value) => addressOf(key, value, machine) ?? groupOf(key, value, machine),
  );
}
