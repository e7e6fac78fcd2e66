/**
 * Days of a time zone. Pure; the only file that knows how local days map to moments.
 * A day is a number: days since 1970-01-01 in the proleptic Gregorian calendar.
 */

export type Day = number;

const DAY_MS = 86_400_000;

export interface LocalDay {
  readonly day: Day;
  /** 1 … 12 */
  readonly month: number;
  /** 0 = Sunday … 6 = Saturday */
  readonly weekday: number;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    FORMATS.set(timeZone, format);
  }
  return format;
}

/** What a wall clock in the zone shows at a moment, as if it were UTC; epoch milliseconds, whole seconds. */
export function wallClock(ms: number, timeZone: string): number {
  if (timeZone === 'UTC' || timeZone === 'GMT') return Math.floor(ms / 1000) * 1000;
  const values: Record<string, number> = {};
  for (const part of formatOf(timeZone).formatToParts(ms)) {
    if (part.type !== 'literal') values[part.type] = Number(part.value);
  }
  return Date.UTC(
    values.year as number,
    (values.month as number) - 1,
    values.day as number,
    values.hour as number,
    values.minute as number,
    values.second as number,
  );
}

/** The zone's offset from UTC at a moment, milliseconds, east positive. */
export const offsetAt = (ms: number, timeZone: string): number =>
  wallClock(ms, timeZone) - Math.floor(ms / 1000) * 1000;

/** The day a moment falls on in the zone. */
export function dayOf(ms: number, timeZone: string): LocalDay {
  const day = Math.floor(wallClock(ms, timeZone) / DAY_MS);
  const date = new Date(day * DAY_MS);
  return { day, month: date.getUTCMonth() + 1, weekday: date.getUTCDay() };
}

/** The first moment of a day in the zone: its midnight, or where clocks skip midnight the moment after the gap. */
export function startOfDay(day: Day, timeZone: string): number {
  const midnight = day * DAY_MS;
  // Offsets are at most a day apart, so the answer lies between these two candidates.
  const before = midnight - offsetAt(midnight - DAY_MS, timeZone);
  const after = midnight - offsetAt(midnight + DAY_MS, timeZone);
  const earlier = Math.min(before, after);
  const later = Math.max(before, after);
  if (wallClock(earlier, timeZone) === midnight) return earlier;
  if (wallClock(later, timeZone) === midnight) return later;
  return firstMomentFrom(earlier, later, midnight, timeZone);
}

/** Bisects for the first second whose wall clock is at or past `wall`. */
function firstMomentFrom(low: number, high: number, wall: number, timeZone: string): number {
  let from = low;
  let to = high;
  while (to - from > 1000) {
    const middle = from + Math.floor((to - from) / 2000) * 1000;
    if (wallClock(middle, timeZone) >= wall) to = middle;
    else from = middle;
  }
  return wallClock(from, timeZone) >= wall ? from : to;
}

export const addDays = (day: Day, days: number): Day => day + days;

/** The first day of the month that lies `months` from the month of `day`. */
export function addMonths(day: Day, months: number): Day {
  const date = new Date(day * DAY_MS);
  return Math.floor(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / DAY_MS);
}

/** `YYYY-MM-DD`. */
export function isoDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Regions whose week does not begin on Monday (CLDR weekData); 0 = Sunday, 6 = Saturday. */
const WEEK_STARTS: readonly (readonly [number, string])[] = [
  [
    0,
    'AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW',
  ],
  [6, 'AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY'],
];

const WEEK_START_OF_REGION: ReadonlyMap<string, number> = new Map(
  WEEK_STARTS.flatMap(([day, regions]) => regions.split(' ').map((region) => [region, day] as const)),
);

/** The first day of the week in a locale such as `en_US`: 0 = Sunday … 6 = Saturday. */
export function weekStartOf(locale: string): number {
  const region = /_([A-Z]{2})\b/.exec(locale)?.[1];
  return region === undefined ? 1 : (WEEK_START_OF_REGION.get(region) ?? 1);
}
