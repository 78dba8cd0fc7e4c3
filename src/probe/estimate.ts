import { AUTO_PER_HOST, AUTO_RATE } from './connect/pace.ts';
import type { Pace } from './engine.ts';

export interface Estimate {
  /** Probes if every port answers at once. */
  readonly least: number;
  /** Probes if every port stays silent. */
  readonly most: number;
  /** Shortest time in seconds that the limits allow; null when there is no limit. */
  readonly seconds: number | null;
}

/** What a connect scan of `addresses` × `ports` will send, and how long its limits make it at least. */
export function estimate(addresses: number, ports: number, attempts: number, pace: Pace): Estimate {
  const least = addresses * ports;
  const overall = pace.rate === 'auto' ? AUTO_RATE : pace.rate;
  const perHost = pace.perHost === 'auto' ? AUTO_PER_HOST : pace.perHost;
  const bounds = [
    ...(overall === 'max' ? [] : [least / overall]),
    ...(perHost === 'max' || addresses === 0 ? [] : [ports / perHost]),
  ];
  return {
    least,
    most: least * attempts,
    seconds: bounds.length === 0 ? null : Math.max(...bounds),
  };
}
