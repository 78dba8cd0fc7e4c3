import {
  type Engine,
  type EngineStats,
  type Pace,
  type ProbeOptions,
  sharedPace,
  type Told,
} from '../probe/engine.ts';
import { fanOut, merge } from './fan-out.ts';

/** What one transport is asked. */
export interface TransportInput {
  /** May be empty: the transport is not looked at. */
  readonly ports: readonly number[];
  /** The ports to ask of one address, some of `ports`; absent: all of them. */
  readonly portsOf?: (address: string) => readonly number[];
  readonly engine: Engine;
}

interface BothInput extends TransportInput {
  readonly addresses: AsyncIterable<string>;
  readonly udp?: TransportInput;
  readonly pace: Pace;
  readonly seed: number;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/** What the engines of both transports tell, each address given to both, pulled once. */
export function probeTransports(
  input: BothInput,
  stats: EngineStats,
): AsyncIterable<readonly Told[]> {
  const { addresses, udp, pace, seed, signal, warn, timeoutMs } = input;
  const all = [input, ...(udp === undefined ? [] : [udp])].filter(({ ports }) => ports.length > 0);
  const sources = all.length > 1 ? fanOut(addresses, all.length) : [addresses];
  const options: ProbeOptions = {
    pace: sharedPace(pace, Math.max(1, all.length)),
    seed,
    signal,
    stats,
    warn,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const told = all.map(({ engine, ports, portsOf }, at) =>
    engine.probe(sources[at] ?? addresses, ports, {
      ...options,
      ...(portsOf === undefined ? {} : { portsOf }),
    }),
  );
  return merge(told);
}

/** How many ports one transport asks of an address. */
export function portsAt(
  input: Pick<TransportInput, 'ports' | 'portsOf'> | undefined,
  address: string,
): number {
  return input === undefined ? 0 : (input.portsOf?.(address) ?? input.ports).length;
}
