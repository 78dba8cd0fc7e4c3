import { setMaxListeners } from 'node:events';
import { EXIT } from './exit.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into cancelling, so that what was found is still
 * printed; the second one ends the process at once.
 */
export function interruptible(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  // every port under way listens to it; Node takes more than ten for a leak
  setMaxListeners(0, controller.signal);
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
