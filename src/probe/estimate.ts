import { AUTO_PER_HOST } from './connect/pace.ts';
import type { Limit, Pace } from './engine.ts';

export interface Estimate {
  /** Probes if every port answers at once. */
  readonly least: number;
  /** Probes if every port stays silent. */
  readonly most: number;
  /** Shortest time in seconds that the limits allow; null when there is no limit. */
  readonly seconds: number | null;
}

interface Work {
  readonly addresses: number;
  /** To each address; of a shard the mean, which need not be whole. */
  readonly ports: number;
  /** Probes to one address if every port stays silent. */
  readonly mostEach: number;
  /** Most that the engine's `auto` takes, probes per second. */
  readonly autoRate: number;
  /** Whether all addresses are this machine's own, for which `auto` is no limit. */
  readonly loopback: boolean;
}

/** What one engine will send, and how long its limits make it at least. */
export function estimate(work: Work, pace: Pace): Estimate {
  const { addresses, ports, mostEach, autoRate, loopback } = work;
  const least = Math.round(addresses * ports);
  const limit = (asked: Limit | 'auto', auto: number): Limit => {
    if (asked !== 'auto') return asked;
    return loopback ? 'max' : auto;
  };
  const overall = limit(pace.rate, autoRate);
  const perHost = limit(pace.perHost, AUTO_PER_HOST);
  const bounds = [
    ...(overall === 'max' ? [] : [least / overall]),
    ...(perHost === 'max' || addresses === 0 ? [] : [ports / perHost]),
  ];
  return {
    least,
    most: Math.round(addresses * mostEach),
    seconds: bounds.length === 0 ? null : Math.max(...bounds),
  };
}
