import type { ScanReport } from '../model/scan.ts';
import { grouped } from './text.ts';

/** Seconds since 1970 of an ISO 8601 time; 0 for what is none. */
export function epochSeconds(iso: string): number {
  const milliseconds = Date.parse(iso);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

/** Seconds between start and end, never negative. */
export function elapsedSeconds(scan: ScanReport['scan']): number {
  const elapsed = Date.parse(scan.endedAt) - Date.parse(scan.startedAt);
  return Number.isNaN(elapsed) ? 0 : Math.max(0, elapsed) / 1000;
}

/** `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${grouped(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `2026-08-20 14:05 UTC` of an ISO 8601 time; anything else unchanged. */
export function minute(iso: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso);
  return parts === null ? iso : `${parts[1]} ${parts[2]} UTC`;
}
