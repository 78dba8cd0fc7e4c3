import { canonicalAddress } from '../../model/address.ts';
import type { Transport } from '../../model/port.ts';
import { anyAddress } from './lsof.ts';

/** A socket that accepts traffic, whoever holds it: netstat tells of all without root. */
export interface NetstatSocket {
  readonly transport: Transport;
  readonly families: readonly (4 | 6)[];
  /** Canonical text. */
  readonly bind: string;
  readonly port: number;
}

const LINE = /^(tcp|udp)(4|6|46)\s+\d+\s+\d+\s+(\S+)\s+(\S+)(?:\s+(\S+))?/;

/**
 * Reads `netstat -anW` of macOS: TCP in state LISTEN, and UDP without a peer. An address and its port are
 * joined by a dot, `tcp46` is a dual-stack socket. Other lines are left out.
 */
export function readNetstat(text: string): NetstatSocket[] {
  return text.split('\n').flatMap((line) => {
    const [, transport, families = '', local = '', peer, state] = LINE.exec(line) ?? [];
    if (transport !== 'tcp' && transport !== 'udp') return [];
    if (peer !== '*.*' || (transport === 'tcp' && state !== 'LISTEN')) return [];
    const at = local.lastIndexOf('.');
    const host = local.slice(0, at);
    const digits = local.slice(at + 1);
    const bind = host === '*' ? anyAddress(families === '4' ? 4 : 6) : canonicalAddress(host);
    if (bind === null || !/^\d{1,5}$/.test(digits) || Number(digits) > 65_535) return [];
    return [{ transport, families: familiesOf(families, bind), bind, port: Number(digits) }];
  });
}

function familiesOf(written: string, bind: string): (4 | 6)[] {
  if (!bind.includes(':')) return [4];
  return written === '46' && bind === '::' ? [4, 6] : [6];
}
