/** A moment as clocks of a time zone show it. */
export interface LocalTime {
  /** 0: Monday. */
  readonly weekday: number;
  /** Of the day, 0 to 1,439. */
  readonly minute: number;
}

const NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones kept: making one takes longer than a thousand uses of it. */
const MAX_FORMATS = 100;

/** Whether the IANA time zone database has this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What clocks of `zone` show at `at` (ms). */
export function localTime(at: number, zone: string): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const hour = Number(parts.get('hour'));
  const minute = Number(parts.get('minute'));
  return { weekday: NAMES.indexOf(parts.get('weekday') ?? ''), minute: hour * 60 + minute };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(zone, format);
  return format;
}
