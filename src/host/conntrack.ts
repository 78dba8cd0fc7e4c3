import { canonicalAddress } from '../model/address.ts';

/** A flow of UDP datagrams, as its receiver sees it: after destination NAT. */
export interface Flow {
  readonly local: string;
  readonly port: number;
  readonly peer: string;
}

const PAIR = /\b(src|dst|sport|dport)=([\da-f.:]{1,45})/gi;

/**
 * Reads /proc/net/nf_conntrack or what `conntrack -L` prints (conntrack(8)): a line for each flow with its
 * addresses and ports in both directions. The answers' direction tells who really received. Lines of
 * other protocols, and those not understood, are left out.
 */
export function readConntrack(text: string): Flow[] {
  return text.split('\n').flatMap((line) => {
    if (!/^(?:ipv[46]\s+\d+\s+)?udp\s/.test(line)) return [];
    const pairs = [...line.matchAll(PAIR)].map(([, name = '', value = '']) => ({ name, value }));
    const answers = new Map(pairs.slice(4).map(({ name, value }) => [name, value]));
    const local = canonicalAddress(answers.get('src') ?? '');
    const peer = canonicalAddress(pairs.find(({ name }) => name === 'src')?.value ?? '');
    const port = Number(answers.get('sport') ?? Number.NaN);
    return local === null || peer === null || !(port <= 65_535) ? [] : [{ local, port, peer }];
  });
}
