import { type Network, readNetwork } from '../model/network.ts';

/** Sorts addresses as numbers, IPv4 before IPv6: `4` and 8, or `6` and 32 hex digits, and the zone. */
export function positionOf(address: string): string {
  const network = readNetwork(address);
  if (network === null) return `9${address}`;
  const zone = address.indexOf('%');
  return `${digitsOf(network.family, network.first)}${zone === -1 ? '' : address.slice(zone)}`;
}

/** The positions of the addresses of a network: from the first on, before the second. */
export function positionIn({ family, first, last }: Network): readonly [string, string] {
  // zones begin with %, which sorts before ~
  return [digitsOf(family, first), `${digitsOf(family, last)}~`];
}

function digitsOf(family: 4 | 6, value: bigint): string {
  return `${family}${value.toString(16).padStart(family === 4 ? 8 : 32, '0')}`;
}
