import { type Blackout, WEEKDAYS } from '../contract/service/schedules.ts';
import { localTime } from './zone.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** Clocks are changed at quarters of an hour of UTC: between two of them local time is even. */
const QUARTER = 15 * MINUTE;
/** Longer than any set of windows that leaves a minute of the week, clocks changed twice. */
const MAX_QUARTERS = 9 * 24 * 4;

/** Times of the week (minutes from Monday 00:00) in which nothing begins, in one time zone. */
export class Blackouts {
  readonly #dark = new Uint8Array(WEEK_MINUTES);
  readonly #zone: string;

  constructor(windows: readonly Blackout[], zone: string) {
    this.#zone = zone;
    for (const { days = WEEKDAYS, from, to } of windows) {
      const length = (minuteOf(to) - minuteOf(from) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
      for (const day of days) {
        const start = WEEKDAYS.indexOf(day) * DAY_MINUTES + minuteOf(from);
        this.#dark.fill(1, start, start + length);
        // what of it is in the next week
        this.#dark.fill(1, 0, Math.max(0, start + length - WEEK_MINUTES));
      }
    }
  }

  /** Whether no minute of the week is left. */
  get total(): boolean {
    return !this.#dark.includes(0);
  }

  has(at: number): boolean {
    const { weekday, minute } = localTime(at, this.#zone);
    return this.#dark[weekday * DAY_MINUTES + minute] === 1;
  }

  /** `at`, or the moment at which the blackout that it falls into ends; null: it never does. */
  after(at: number): number | null {
    if (this.total) return null;
    let time = at;
    for (let step = 0; step < MAX_QUARTERS; step += 1) {
      const free = this.#freeInQuarter(time);
      if (free !== null) return free;
      time = time - (time % QUARTER) + QUARTER;
    }
    return null;
  }

  /** The first moment from `at` to the end of its quarter of an hour that is free. */
  #freeInQuarter(at: number): number | null {
    const { weekday, minute } = localTime(at, this.#zone);
    const end = at - (at % QUARTER) + QUARTER;
    let time = at;
    for (let index = weekday * DAY_MINUTES + minute; time < end; index += 1) {
      if (this.#dark[index % WEEK_MINUTES] === 0) return time;
      time = time - (time % MINUTE) + MINUTE;
    }
    return null;
  }
}

function minuteOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
