import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { messageOf, problem } from '../model/errors.ts';

/** What TLS needs to know whether a peer is the one that was meant. */
export interface Trust {
  readonly host: string;
  readonly servername?: string;
  readonly ca?: string[];
}

/** Trust in the usual authorities and in those of the PEM file `ca`. Throws NOTIFY_SECRET. */
export async function trustFor(
  channel: string,
  host: string,
  ca: string | undefined,
): Promise<Trust> {
  const named = isIP(host) === 0 ? { host, servername: host } : { host };
  if (ca === undefined) return named;
  const pem = await readFile(ca, 'utf8').catch((error: unknown) => {
    const values = { channel, reference: `"${ca}"`, key: 'ca', problem: messageOf(error) };
    throw problem('NOTIFY_SECRET', values, error);
  });
  return { ...named, ca: [...rootCertificates, pem] };
}
