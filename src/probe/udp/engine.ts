import { AUTO_RATE } from '../connect/pace.ts';
import { drive } from '../drive.ts';
import type { Engine } from '../engine.ts';
import type { Addressee, Carrier } from './carrier.ts';
import type { Question } from './question.ts';
import { UdpRun } from './run.ts';

/**
 * An engine out of a way to carry datagrams: everything that is not sockets is shared. `carrier`
 * makes one per run. A port is `open` when anything answers from it, `closed` when the host itself
 * says so (ICMP port unreachable), else `open|filtered`, told as silences.
 */
export function udpEngine<Target extends Addressee>(
  name: string,
  carrier: () => Carrier<Target>,
  questions: readonly Question[],
): Engine {
  return {
    name,
    transport: 'udp',
    autoRate: AUTO_RATE,
    async *probe(addresses, ports, options) {
      const { signal } = options;
      if (ports.length === 0 || signal.aborted) return;
      const ours = carrier();
      const run = new UdpRun(ours, questions, ports, options, () => performance.now());
      yield* drive(addresses, run, ours, signal);
    },
  };
}
