import type { Launch } from './child.ts';

/** Runs a program per connection, with the socket as its standard input and output. */
export function inetd(address: string, port: number, program: string): Launch {
  const [family, host] = address.includes(':') ? [6, `[${address}]`] : [4, address];
  const listen = `TCP${family}-LISTEN:${port},bind=${host},reuseaddr,fork`;
  return { command: 'socat', args: [listen, `EXEC:${program},nofork`] };
}
