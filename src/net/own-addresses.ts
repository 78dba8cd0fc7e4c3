import { networkInterfaces } from 'node:os';
import { isLoopback } from '../model/loopback.ts';

/** Whether an address is this machine's own; zones are not looked at. */
export function isOwnAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  const [bare] = address.split('%');
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.some((one) => one.address === bare);
}
