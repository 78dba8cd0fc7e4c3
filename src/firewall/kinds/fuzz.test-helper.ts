import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';

/** Inputs that a property meets at each call of the test's worker, so that it can report meanwhile. */
const AT_ONCE = 2000;
/** A bound for a hang, in milliseconds an input. */
const INPUT_MS = 50;

/** How many inputs each reader of a firewall's text meets; POSTERN_FUZZ_RUNS asks for more. */
export const FUZZ_RUNS = Number(process.env['POSTERN_FUZZ_RUNS'] ?? 1000);
export const FUZZ_MS = 60_000 + FUZZ_RUNS * INPUT_MS;

/** Holds a property against FUZZ_RUNS inputs. */
export async function fuzz(property: fc.IProperty<unknown>): Promise<void> {
  for (let done = 0; done < FUZZ_RUNS; done += AT_ONCE) {
    fc.assert(property, { numRuns: Math.min(AT_ONCE, FUZZ_RUNS - done) });
    await setImmediate();
  }
}
