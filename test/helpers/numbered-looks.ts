import type { ScanReport } from '../../src/model/scan.ts';
import { lookOf } from './stored-looks.ts';

export const HOSTS = 40;
const START = Date.UTC(2026, 0, 1);

/** The id of look `number`. */
export function lookId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`;
}

/** Look `number`, a minute after the one before: of each host port 80 is open, and 22 every second time. */
export function numberedLook(number: number, hosts: number): ScanReport {
  const saw =
    number % 2 === 0
      ? { 22: { severity: 'high' as const }, 80: 'open' as const }
      : { 80: 'open' as const };
  return lookOf({
    id: lookId(number),
    at: START + number * 60_000,
    tcp: '22,80',
    hosts: Object.fromEntries(
      Array.from({ length: hosts }, (_, index) => [`10.0.${index >> 8}.${index & 255}`, saw]),
    ),
  });
}
