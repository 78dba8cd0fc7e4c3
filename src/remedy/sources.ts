import { addressRanges, cidrsOf } from '../firewall/cidrs.ts';
import type { Family } from '../firewall/layer.ts';
import { problem } from '../model/errors.ts';
import { type Network, readNetwork } from '../model/network.ts';

/** Who may still come in, as `--from` says it. */
export interface Sources {
  readonly networks: readonly Network[];
  /** ISO 3166 codes in capitals; a database says which networks they are. */
  readonly countries: readonly string[];
  /** Only through the VPN's device. */
  readonly wireguard: boolean;
}

const MAX_PARTS = 10_000;

/** Reads `10.0.0.0/8,DE,wireguard`, each given once or more. Throws REMEDY_SOURCE. */
export function readSources(texts: readonly string[]): Sources {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim());
  const shown = texts.join(',').slice(0, 100);
  if (words.length > MAX_PARTS) throw fault(shown, `more than ${MAX_PARTS} parts`);
  const networks: Network[] = [];
  const countries = new Set<string>();
  let wireguard = false;
  for (const word of words) {
    const network = readNetwork(word);
    if (network !== null) networks.push(network);
    else if (word.toLowerCase() === 'wireguard') wireguard = true;
    else if (/^[a-z]{2}$/i.test(word)) countries.add(word.toUpperCase());
    else
      throw fault(
        shown,
        word === '' ? 'a part is empty' : `"${word.slice(0, 60)}" is none of these`,
      );
  }
  return { networks, countries: [...countries], wireguard };
}

function fault(value: string, why: string) {
  return problem('REMEDY_SOURCE', { value, problem: why });
}

/** The fewest CIDR blocks that hold these networks, IPv4 before IPv6. */
export function blocksOf(networks: readonly Network[]): string[] {
  const ofFamily = (family: Family) =>
    cidrsOf(family, addressRanges(networks.filter((network) => network.family === family)));
  return [...ofFamily(4), ...ofFamily(6)];
}
