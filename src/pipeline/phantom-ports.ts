import type { Phantom, PhantomGroup } from '../model/scan.ts';
import { formatPorts } from '../targets/ports.ts';

const PORTS = 65_536;

/** TCP ports that are phantoms, in groups that look alike: one bit a port, however many there are. */
export class PhantomPorts {
  readonly #groups = new Map<Phantom, Uint8Array>();
  count = 0;

  /** `phantom` is the same object for ports that are alike. */
  add(port: number, phantom: Phantom): void {
    const bits = this.#groups.get(phantom) ?? new Uint8Array(PORTS / 8);
    this.#groups.set(phantom, bits);
    bits[port >> 3] = (bits[port >> 3] ?? 0) | (1 << (port & 7));
    this.count += 1;
  }

  /** The groups, each with its lowest port. */
  groups(): (Omit<PhantomGroup, 'verdict'> & { readonly first: number })[] {
    return [...this.#groups].map(([phantom, bits]) => {
      const ports = portsIn(bits);
      return {
        ...phantom,
        transport: 'tcp',
        ports: formatPorts(ports),
        count: ports.length,
        first: ports[0] ?? 0,
      };
    });
  }
}

function portsIn(bits: Uint8Array): number[] {
  const ports: number[] = [];
  bits.forEach((byte, at) => {
    for (let bit = 0; byte >> bit > 0; bit++) if ((byte >> bit) & 1) ports.push(at * 8 + bit);
  });
  return ports;
}
