import type { Outcome } from '../model/port.ts';
import { type Pace, type ProbeOptions, sharedPace, type Told } from '../probe/engine.ts';
import { fanOut, merge } from './fan-out.ts';
import type { Past } from './past.ts';
import type { Progress } from './progress.ts';
import { type TransportInput, TransportPlan } from './transport-plan.ts';

interface BothInput extends TransportInput {
  readonly udp?: TransportInput;
  readonly pace: Pace;
  readonly seed: number;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly warn: (message: string) => void;
}

/** What is asked over all transports of a scan, less what earlier runs know. */
export class Transports {
  readonly #input: BothInput;
  readonly #plans: readonly TransportPlan[];

  constructor(input: BothInput) {
    this.#input = input;
    const { udp } = input;
    this.#plans = (udp === undefined ? [input] : [input, udp])
      .filter(({ ports }) => ports.length > 0)
      .map((transport) => new TransportPlan(transport));
  }

  /** What the engines tell of `addresses`, which are pulled once; `resumed`: some may have been begun. */
  probe(addresses: AsyncIterable<string>, resumed: boolean): AsyncIterable<readonly Told[]> {
    const count = this.#plans.length;
    const sources = count > 1 ? fanOut(addresses, count) : [addresses];
    return merge(
      this.#plans.map((plan, at) => {
        const source = sources[at] ?? addresses;
        const options = this.#options();
        if (plan.isWhole && !resumed) return plan.engine.probe(source, plan.ports, options);
        const portsOf = (address: string) => plan.left(address);
        return plan.engine.probe(plan.wanted(source), plan.ports, { ...options, portsOf });
      }),
    );
  }

  #options(): ProbeOptions {
    const { pace, seed, signal, progress, warn, timeoutMs } = this.#input;
    return {
      pace: sharedPace(pace, this.#plans.length),
      seed,
      signal,
      stats: progress.addEngine(),
      warn,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  }

  /** How many outcomes make an address finished. */
  expected(address: string): number {
    return this.#plans.reduce((sum, plan) => sum + plan.expected(address).length, 0);
  }

  /** The TCP ports of an address, whether or not earlier runs know them. */
  tcpPorts(address: string): readonly number[] {
    const plan = this.#plans.find(({ transport }) => transport === 'tcp');
    return plan?.expected(address) ?? [];
  }

  /** What is known of a host over the transports that are looked at. */
  known(past: Past, address: string): readonly Outcome[] {
    const asked = new Set(this.#plans.map(({ transport }) => transport));
    return past.take(address).filter(({ transport }) => asked.has(transport));
  }

  /** Leaves out what is `known` of an address; whether nothing is left to ask. */
  goOn(address: string, known: readonly Outcome[]): boolean {
    const rests = this.#plans.map((plan) => ({ plan, rest: plan.rest(address, known) }));
    if (rests.every(({ rest }) => rest.length === 0)) return true;
    for (const { plan, rest } of rests) plan.keep(address, rest);
    return false;
  }

  /** To be called when a host is finished. */
  forget(address: string): void {
    for (const plan of this.#plans) plan.forget(address);
  }
}
