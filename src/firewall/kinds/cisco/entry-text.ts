import type { Family } from '../../layer.ts';
import type { Dialect } from './config.ts';

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** A CIDR block as an entry names it. */
export function placeText(block: string, dialect: Dialect): string {
  const [address = '', prefixText = ''] = block.split('/');
  const prefix = Number(prefixText);
  if (prefix === 0) return dialect === 'ios' ? 'any' : block.includes(':') ? 'any6' : 'any4';
  if (block.includes(':')) return prefix === 128 ? `host ${address}` : block;
  if (prefix === 32) return `host ${address}`;
  const mask = (0xffffffff << (32 - prefix)) >>> 0;
  return `${address} ${dotted(dialect === 'ios' ? ~mask >>> 0 : mask)}`;
}

/** `permit tcp 10.0.0.0 0.255.255.255 any eq 22` */
export function entryText(
  action: 'permit' | 'deny',
  transport: string,
  block: string,
  ports: readonly [number, number],
  dialect: Dialect,
): string {
  const family: Family = block.includes(':') ? 6 : 4;
  const to = dialect === 'ios' ? 'any' : `any${family}`;
  const [first, last] = ports;
  const port = first === last ? `eq ${first}` : `range ${first} ${last}`;
  return `${action} ${transport} ${placeText(block, dialect)} ${to} ${port}`;
}
