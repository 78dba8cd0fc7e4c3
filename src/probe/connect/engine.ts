import { drive } from '../drive.ts';
import type { Engine } from '../engine.ts';
import type { Dialer } from './dialer.ts';
import { AUTO_RATE } from './pace.ts';
import { type Clock, Run } from './run.ts';

const clock: Clock = () => performance.now();

/** An engine out of a way to dial: everything that is not sockets is shared. `dialer` makes one per run. */
export function connectEngine<Target>(
  name: string,
  dialer: () => Dialer<Target>,
  now: Clock = clock,
): Engine {
  return {
    name,
    transport: 'tcp',
    autoRate: AUTO_RATE,
    async *probe(addresses, ports, options) {
      const { signal } = options;
      if (ports.length === 0 || signal.aborted) return;
      const ours = dialer();
      yield* drive(addresses, new Run(ours, ports, options, now), ours, signal);
    },
  };
}
