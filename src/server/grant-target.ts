import { cidrsOf } from '../firewall/cidrs.ts';
import { problem } from '../model/errors.ts';
import { readNetwork } from '../model/network.ts';
import { parseHostName } from '../targets/host-name.ts';
import { isRefusal, shown } from '../targets/target.ts';

/** RFC 1035 §2.3.4, less the label that the proof stands below. */
const MAX_PROVABLE = 253 - '_postern-challenge.'.length;

export interface GrantTarget {
  readonly kind: 'name' | 'network';
  /** Lower-case A-labels without a final dot, an address, or a CIDR block. */
  readonly target: string;
}

/** Reads what is to be granted, into the one way it is kept. Throws GRANT_TARGET. */
export function readGrantTarget(text: string): GrantTarget {
  const network = readNetwork(text.trim());
  if (network === null) return { kind: 'name', target: nameOf(text.trim()) };
  const [block = '', ...more] = cidrsOf(network.family, [network.first, network.last + 1n]);
  if (more.length > 0) {
    throw problem('GRANT_TARGET', {
      value: shown(text),
      problem: 'it is a range and no CIDR block',
    });
  }
  return { kind: 'network', target: block.replace(/^([\d.]+)\/32$|^(.*)\/128$/, '$1$2') };
}

/**
 * Reads a name that its owner is to prove. A public suffix (`com`, `co.uk`) has no list here: only who
 * can set a record at that very name can prove it, which is its registry. Throws GRANT_TARGET.
 */
export function readProvableName(text: string): string {
  const { kind, target } = readGrantTarget(text);
  const reason =
    kind === 'network'
      ? 'an address has no DNS record of its own; an administrator of the installation grants it'
      : !target.includes('.')
        ? 'a name to be proved has two parts at least'
        : target.length > MAX_PROVABLE
          ? `a name to be proved has at most ${MAX_PROVABLE} characters`
          : null;
  if (reason !== null) throw problem('GRANT_TARGET', { value: shown(text), problem: reason });
  return target;
}

function nameOf(text: string): string {
  const read = parseHostName(text);
  if (isRefusal(read)) throw problem('GRANT_TARGET', { value: shown(text), problem: read.reason });
  return read.name;
}
