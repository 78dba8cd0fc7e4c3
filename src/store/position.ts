import { readNetwork } from '../model/network.ts';

/** Sorts addresses as numbers, IPv4 before IPv6: `4` and 8, or `6` and 32 hex digits, and the zone. */
export function positionOf(address: string): string {
  const network = readNetwork(address);
  if (network === null) return `9${address}`;
  const digits = network.first.toString(16).padStart(network.family === 4 ? 8 : 32, '0');
  const zone = address.indexOf('%');
  return `${network.family}${digits}${zone === -1 ? '' : address.slice(zone)}`;
}
