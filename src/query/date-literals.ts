/**
 * TODAY, LAST_WEEK, NEXT_N_FISCAL_QUARTERS:2 …: half-open ranges of moments in the caller's time zone. Pure.
 * Facts: salesforce-data-api.md §15.4.
 */
import { addDays, addMonths, type Day, dayOf, type LocalDay, startOfDay } from './calendar.js';

type Unit = 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR' | 'FISCAL_QUARTER' | 'FISCAL_YEAR';
type Word = 'LAST' | 'THIS' | 'NEXT' | 'LAST_N' | 'NEXT_N' | 'AGO';

interface Range {
  readonly word: Word;
  readonly unit: Unit;
  /** Set for LAST_90_DAYS and NEXT_90_DAYS. */
  readonly count?: number;
}

const RANGES: ReadonlyMap<string, Range> = (() => {
  const ranges = new Map<string, Range>([
    ['YESTERDAY', { word: 'LAST', unit: 'DAY' }],
    ['TODAY', { word: 'THIS', unit: 'DAY' }],
    ['TOMORROW', { word: 'NEXT', unit: 'DAY' }],
    ['LAST_90_DAYS', { word: 'LAST_N', unit: 'DAY', count: 90 }],
    ['NEXT_90_DAYS', { word: 'NEXT_N', unit: 'DAY', count: 90 }],
  ]);
  for (const unit of ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'FISCAL_QUARTER', 'FISCAL_YEAR'] as const) {
    if (unit !== 'DAY')
      for (const word of ['LAST', 'THIS', 'NEXT'] as const) ranges.set(`${word}_${unit}`, { word, unit });
    for (const word of ['LAST_N', 'NEXT_N'] as const) ranges.set(`${word}_${unit}S`, { word, unit });
    ranges.set(`N_${unit}S_AGO`, { word: 'AGO', unit });
  }
  return ranges;
})();

/** Whether an upper-case word is a date literal, and whether `:n` must follow it. */
export function isRangeName(word: string): 'plain' | 'counted' | undefined {
  const range = RANGES.get(word);
  if (range === undefined) return undefined;
  const counted = range.word === 'LAST_N' || range.word === 'NEXT_N' || range.word === 'AGO';
  return counted && range.count === undefined ? 'counted' : 'plain';
}

/** Whether a date literal needs the organization's fiscal year. */
export const isFiscal = (word: string): boolean => word.includes('FISCAL');

/** What a date literal is relative to. */
export interface Today {
  /** The current moment, epoch milliseconds. */
  readonly now: number;
  /** IANA name of the caller's time zone. */
  readonly timeZone: string;
  /** 0 = Sunday … 6 = Saturday: the first day of the caller's week. */
  readonly weekStart: number;
  /** 1 … 12: the month a fiscal year begins in. */
  readonly fiscalStartMonth: number;
}

/** A half-open range: of days for date fields, of epoch milliseconds for dateTime fields. */
export interface DateRange {
  readonly firstDay: Day;
  /** The first day after the range. */
  readonly endDay: Day;
  readonly startMs: number;
  /** The first moment after the range. */
  readonly endMs: number;
}

/** Most units a literal may reach from today; more would leave what a Date can hold. */
const COUNT_MAX = 100_000;
/** Ranges end here: far outside every moment a field can hold, and well inside what PostgreSQL reads as a date. */
const DAY_MIN: Day = Date.UTC(1000, 0, 1) / 86_400_000;
const DAY_MAX: Day = Date.UTC(9000, 0, 1) / 86_400_000;

/** The range a date literal names; `count` is n of the counted ones. */
export function rangeOf(word: string, count: number, today: Today): DateRange {
  const range = RANGES.get(word) as Range;
  const n = Math.min(range.count ?? count, COUNT_MAX);
  const local = dayOf(today.now, today.timeZone);
  const start = (offset: number) =>
    Math.min(DAY_MAX, Math.max(DAY_MIN, startOfUnit(range.unit, local, offset, today)));
  const between = (from: number, to: number): DateRange => {
    const firstDay = start(from);
    const endDay = start(to);
    return {
      firstDay,
      endDay,
      startMs: startOfDay(firstDay, today.timeZone),
      endMs: startOfDay(endDay, today.timeZone),
    };
  };
  switch (range.word) {
    case 'LAST':
      return between(-1, 0);
    case 'THIS':
      return between(0, 1);
    case 'NEXT':
      return between(1, 2);
    case 'NEXT_N':
      return between(1, n + 1);
    case 'AGO':
      return between(-n, -n + 1);
    case 'LAST_N': {
      if (range.unit !== 'DAY') return between(-n, 0);
      // Days run from midnight n days ago to the current second, so today is included.
      return { ...between(-n, 1), endMs: Math.floor(today.now / 1000) * 1000 + 1000 };
    }
  }
}

/** First day of the unit that lies `offset` units from the one holding `local`. */
function startOfUnit(unit: Unit, local: LocalDay, offset: number, today: Today): Day {
  switch (unit) {
    case 'DAY':
      return addDays(local.day, offset);
    case 'WEEK':
      return addDays(local.day, -((local.weekday - today.weekStart + 7) % 7) + 7 * offset);
    case 'MONTH':
      return addMonths(local.day, offset);
    case 'QUARTER':
      return addMonths(local.day, -((local.month - 1) % 3) + 3 * offset);
    case 'YEAR':
      return addMonths(local.day, -(local.month - 1) + 12 * offset);
    case 'FISCAL_QUARTER':
      return addMonths(local.day, -(fiscalMonth(local, today) % 3) + 3 * offset);
    case 'FISCAL_YEAR':
      return addMonths(local.day, -fiscalMonth(local, today) + 12 * offset);
  }
}

/** Months since the fiscal year began, 0 … 11. */
const fiscalMonth = (local: LocalDay, today: Today): number =>
  (local.month - today.fiscalStartMonth + 12) % 12;
