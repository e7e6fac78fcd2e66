/**
 * How PostgreSQL's text becomes JavaScript values, on every connection alike.
 *
 * Moments are epoch milliseconds, never Date objects: a Date invites local time and arithmetic on objects. Counts and
 * sums are numbers; ours stay below 2^53. A date stays the text `YYYY-MM-DD`: it has no time zone to be wrong about.
 */
import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const NUMERIC = 1700;

/**
 * Epoch milliseconds of PostgreSQL's `2026-03-10 12:00:00.123456+00` (DateStyle ISO, TimeZone UTC), cut to the
 * millisecond. `infinity` and `-infinity` are JavaScript's.
 */
export function millisOf(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const fraction = text.length > 20 && text[19] === '.' ? text.slice(20, 23).replace(/\D.*$/, '') : '';
  const seconds = Date.UTC(
    Number(text.slice(0, 4)),
    Number(text.slice(5, 7)) - 1,
    Number(text.slice(8, 10)),
    Number(text.slice(11, 13)),
    Number(text.slice(14, 16)),
    Number(text.slice(17, 19)),
  );
  return seconds + (fraction === '' ? 0 : Number(fraction.padEnd(3, '0')));
}

const keepText = (text: string): string => text;
const builtIn = pg.types.getTypeParser as (oid: number, format?: string) => (value: string) => unknown;
const textArray = builtIn(TEXT_ARRAY) as (text: string) => (string | null)[];

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [NUMERIC]: Number,
  [INT8_ARRAY]: (text) => textArray(text).map((item) => (item === null ? null : Number(item))),
  [DATE]: keepText,
  [TIMESTAMP]: millisOf,
  [TIMESTAMPTZ]: millisOf,
};

/** The `types` of every pg client here; what it does not name is parsed as pg does. */
export const valueTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
    const own = format === 'binary' ? undefined : PARSERS[oid];
    return own ?? builtIn(oid, format);
  },
};
