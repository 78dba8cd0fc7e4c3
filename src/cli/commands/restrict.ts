import { countryNetworks } from '../../host/country-networks.ts';
import { problem } from '../../model/errors.ts';
import { blocksOf, readSources } from '../../remedy/sources.ts';
import { WIREGUARD_DEVICE, WIREGUARD_PORT } from '../../remedy/wireguard.ts';
import type { ExitCode } from '../exit.ts';
import { remedy, wishFrom } from '../remedy.ts';
import type { RestrictOptions } from '../remedy-options.ts';
import type { Terminal } from '../terminal.ts';
import { writeVpn } from '../vpn.ts';

/** Writes, or makes, the change that leaves a port of this host open to some only. */
export async function restrictCommand(
  port: number,
  options: RestrictOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const wish = wishFrom(port, options);
  if (options.vpn !== undefined) {
    const needs = { transport: 'udp', port: options.vpnPort ?? WIREGUARD_PORT } as const;
    const behind = { ...wish, device: WIREGUARD_DEVICE, needs };
    return await remedy(behind, options, terminal, () => writeVpn(options, terminal));
  }
  const sources = readSources(options.from ?? []);
  const device = sources.wireguard ? { device: WIREGUARD_DEVICE } : {};
  const networks = [...sources.networks, ...(await ofCountries(sources.countries, options))];
  const only = networks.length === 0 ? {} : { only: blocksOf(networks) };
  return await remedy({ ...wish, ...device, ...only }, options, terminal);
}

async function ofCountries(countries: readonly string[], { from, geoip }: RestrictOptions) {
  if (countries.length === 0) return [];
  if (geoip !== undefined) return await countryNetworks(geoip, countries);
  const value = (from ?? []).join(',');
  throw problem('REMEDY_SOURCE', { value, problem: 'countries need a database: --geoip FILE' });
}
