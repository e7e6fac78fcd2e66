/**
 * Date and dateTime literals as written in a statement (salesforce-data-api.md §15.2). Pure.
 */

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True when `YYYY-MM-DD` is a day of the calendar. */
export function isRealDate(text: string): boolean {
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_IN_MONTH[month - 1] as number)) return false;
  return month !== 2 || day < 29 || isLeapYear(year);
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;
const OFFSET_MAX_MINUTES = 18 * 60;

/** Epoch milliseconds of a dateTime literal; undefined when it is none. Fractions beyond milliseconds are cut. */
export function dateTimeOf(text: string): number | undefined {
  const parts = DATE_TIME.exec(text);
  if (parts === null || !isRealDate(parts[1] as string)) return undefined;
  const [, date, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = sign === undefined ? 0 : Number(offsetHour) * 60 + Number(offsetMinute);
  if (Number(offsetMinute ?? 0) > 59 || offset > OFFSET_MAX_MINUTES) return undefined;
  const millis = Number((fraction ?? '').slice(0, 3).padEnd(3, '0'));
  const utc = Date.UTC(
    Number((date as string).slice(0, 4)),
    Number((date as string).slice(5, 7)) - 1,
    Number((date as string).slice(8, 10)),
    Number(hour),
    Number(minute),
    Number(second),
    millis,
  );
  // Date.UTC reads years 0 to 99 as 1900 to 1999; no such year is within the valid range anyway.
  return utc - (sign === '-' ? -offset : offset) * 60_000;
}

/** 1700-01-01T00:00:00Z … 4000-12-31T00:00:00Z, the moments a dateTime can hold (salesforce-data-api.md §4.4). */
export const DATE_TIME_MIN_MS = Date.UTC(1700, 0, 1);
export const DATE_TIME_MAX_MS = Date.UTC(4000, 11, 31);
