import type { HostRecord, PortRecord } from '../model/scan.ts';
import { clip, visible } from './text.ts';

/** Most of a banner that tables show. */
const BANNER = 120;

/** Protocol and what carries it: `https`, `imap over TLS`, `smtp with STARTTLS`. */
export function protocolOf(port: PortRecord): string {
  const { service } = port;
  if (service === undefined) return port.state === 'open' ? wordless(port) : '';
  const { protocol, tls } = service;
  if (tls === undefined || protocol === 'https' || protocol === 'tls') return visible(protocol);
  return `${visible(protocol)} ${tls.startTls ? 'with STARTTLS' : 'over TLS'}`;
}

function wordless(port: PortRecord): string {
  return port.asked === false ? 'not asked' : 'silent';
}

/** `Redis 7.0.15`; empty when neither is known. */
export function productOf(port: PortRecord): string {
  const { product = '', version = '' } = port.service ?? {};
  return visible(`${product} ${version}`.trim());
}

/** What the peer said, when that is all that is known; empty otherwise. */
export function bannerOf(port: PortRecord): string {
  const { service } = port;
  if (service?.protocol !== 'unknown' || service.raw === undefined) return '';
  return visible(clip(service.raw.text, BANNER));
}

/** `6379/tcp`. */
export function portLabel(port: { readonly port: number; readonly transport: string }): string {
  return `${port.port}/${port.transport}`;
}

/** `db.example.org (192.0.2.7)`, or the address alone. */
export function hostLabel(host: Pick<HostRecord, 'address' | 'names'>): string {
  const { address, names } = host;
  if (names.length === 0) return visible(address);
  const more = names.length > 1 ? ` +${names.length - 1}` : '';
  return visible(`${names[0]}${more} (${address})`);
}
