/** Date literals: ranges in the caller's time zone, weeks of the caller's locale, fiscal years; PostgreSQL is the judge. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isoDay, startOfDay, wallClock, weekStartOf } from '../../src/query/calendar.js';
import { isRangeName, rangeOf, type Today } from '../../src/query/date-literals.js';
import type { TestStore } from '../support/store.js';
import { testStore } from '../support/store.js';

const today: Today = {
  now: Date.parse('2026-03-10T12:00:00Z'),
  timeZone: 'Asia/Tokyo',
  weekStart: 0,
  fiscalStartMonth: 1,
};

const days = (word: string, count = 0, more: Partial<Today> = {}): string => {
  const { firstDay, endDay } = rangeOf(word, count, { ...today, ...more });
  return `${isoDay(firstDay)} ${isoDay(endDay)}`;
};

describe('every literal, on Tuesday 2026-03-10 in Tokyo', () => {
  it.each([
    ['YESTERDAY', 0, '2026-03-09 2026-03-10'],
    ['TODAY', 0, '2026-03-10 2026-03-11'],
    ['TOMORROW', 0, '2026-03-11 2026-03-12'],
    ['LAST_WEEK', 0, '2026-03-01 2026-03-08'],
    ['THIS_WEEK', 0, '2026-03-08 2026-03-15'],
    ['NEXT_WEEK', 0, '2026-03-15 2026-03-22'],
    ['LAST_MONTH', 0, '2026-02-01 2026-03-01'],
    ['THIS_MONTH', 0, '2026-03-01 2026-04-01'],
    ['NEXT_MONTH', 0, '2026-04-01 2026-05-01'],
    ['LAST_QUARTER', 0, '2025-10-01 2026-01-01'],
    ['THIS_QUARTER', 0, '2026-01-01 2026-04-01'],
    ['NEXT_QUARTER', 0, '2026-04-01 2026-07-01'],
    ['LAST_YEAR', 0, '2025-01-01 2026-01-01'],
    ['THIS_YEAR', 0, '2026-01-01 2027-01-01'],
    ['NEXT_YEAR', 0, '2027-01-01 2028-01-01'],
    ['LAST_90_DAYS', 0, '2025-12-10 2026-03-11'],
    ['NEXT_90_DAYS', 0, '2026-03-11 2026-06-09'],
    ['LAST_N_DAYS', 7, '2026-03-03 2026-03-11'],
    ['NEXT_N_DAYS', 3, '2026-03-11 2026-03-14'],
    ['N_DAYS_AGO', 8, '2026-03-02 2026-03-03'],
    ['LAST_N_WEEKS', 2, '2026-02-22 2026-03-08'],
    ['NEXT_N_WEEKS', 1, '2026-03-15 2026-03-22'],
    ['N_WEEKS_AGO', 1, '2026-03-01 2026-03-08'],
    ['LAST_N_MONTHS', 2, '2026-01-01 2026-03-01'],
    ['NEXT_N_MONTHS', 2, '2026-04-01 2026-06-01'],
    ['N_MONTHS_AGO', 3, '2025-12-01 2026-01-01'],
    ['LAST_N_QUARTERS', 2, '2025-07-01 2026-01-01'],
    ['NEXT_N_QUARTERS', 1, '2026-04-01 2026-07-01'],
    ['N_QUARTERS_AGO', 1, '2025-10-01 2026-01-01'],
    ['LAST_N_YEARS', 2, '2024-01-01 2026-01-01'],
    ['NEXT_N_YEARS', 2, '2027-01-01 2029-01-01'],
    ['N_YEARS_AGO', 1, '2025-01-01 2026-01-01'],
    ['THIS_FISCAL_QUARTER', 0, '2026-01-01 2026-04-01'],
    ['LAST_FISCAL_YEAR', 0, '2025-01-01 2026-01-01'],
    ['LAST_N_FISCAL_QUARTERS', 1, '2025-10-01 2026-01-01'],
    ['NEXT_N_FISCAL_YEARS', 1, '2027-01-01 2028-01-01'],
    ['N_FISCAL_YEARS_AGO', 1, '2025-01-01 2026-01-01'],
  ])('%s %i', (word, count, expected) => expect(days(word, count)).toBe(expected));

  it('LAST_N_DAYS ends with the current second, not with the day', () => {
    expect(rangeOf('LAST_N_DAYS', 1, today).endMs).toBe(today.now + 1000);
    expect(rangeOf('TODAY', 0, today).endMs).toBe(Date.parse('2026-03-10T15:00:00Z'));
  });

  it('fiscal years begin where the organization says', () => {
    expect(days('THIS_FISCAL_YEAR', 0, { fiscalStartMonth: 2 })).toBe('2026-02-01 2027-02-01');
    expect(days('THIS_FISCAL_YEAR', 0, { fiscalStartMonth: 4 })).toBe('2025-04-01 2026-04-01');
    expect(days('THIS_FISCAL_QUARTER', 0, { fiscalStartMonth: 2 })).toBe('2026-02-01 2026-05-01');
    expect(days('LAST_FISCAL_QUARTER', 0, { fiscalStartMonth: 12 })).toBe('2025-12-01 2026-03-01');
  });

  it('knows which words want a number', () => {
    expect(isRangeName('LAST_N_DAYS')).toBe('counted');
    expect(isRangeName('N_FISCAL_QUARTERS_AGO')).toBe('counted');
    expect(isRangeName('LAST_90_DAYS')).toBe('plain');
    expect(isRangeName('LAST_DAY')).toBeUndefined();
    expect(isRangeName('toString')).toBeUndefined();
  });

  it('weeks begin on Sunday, Monday or Saturday, by the locale', () => {
    expect(['en_US', 'ja_JP', 'de_DE', 'en_GB', 'ar_EG', 'de', 'zh_Hant_TW'].map(weekStartOf)).toEqual([
      0, 0, 1, 1, 6, 1, 0,
    ]);
  });
});

const zone = fc.constantFrom(
  'UTC',
  'Asia/Tokyo',
  'America/Los_Angeles',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Beirut',
  'Pacific/Chatham',
);
const moment = fc
  .integer({ min: Date.parse('1995-01-01T00:00:00Z') / 1000, max: Date.parse('2035-01-01T00:00:00Z') / 1000 })
  .map((seconds) => seconds * 1000);

describe('days of a time zone', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await testStore();
  });
  afterAll(() => store.close());

  it('begin at the first moment whose clock shows them, also where clocks skip midnight', () => {
    fc.assert(
      fc.property(zone, fc.integer({ min: 9_000, max: 23_000 }), (timeZone, day) => {
        const start = startOfDay(day, timeZone);
        expect(wallClock(start, timeZone)).toBeGreaterThanOrEqual(day * 86_400_000);
        expect(wallClock(start - 1000, timeZone)).toBeLessThan(day * 86_400_000);
      }),
      { numRuns: 2_000 },
    );
    // Clocks in Sao Paulo went from 23:59:59 to 01:00.
    expect(startOfDay(Date.UTC(2018, 10, 4) / 86_400_000, 'America/Sao_Paulo')).toBe(
      Date.parse('2018-11-04T03:00:00Z'),
    );
  });

  it('and units of them are what PostgreSQL says', async () => {
    const units = [
      ['DAY', 'N_DAYS_AGO', 'day', 1],
      ['WEEK', 'N_WEEKS_AGO', 'week', 1],
      ['MONTH', 'N_MONTHS_AGO', 'month', 1],
      ['QUARTER', 'N_QUARTERS_AGO', 'month', 3],
      ['YEAR', 'N_YEARS_AGO', 'year', 1],
    ] as const;
    const asked = fc.sample(fc.tuple(zone, moment, fc.constantFrom(...units), fc.nat(30)), 400);
    const rows = await store.db.query<{ first: number; after: number }>(
      `SELECT (start - n * step) AT TIME ZONE zone AS first, (start - (n - 1) * step) AT TIME ZONE zone AS after
       FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::int[]) AS asked(zone, at, trunc, unit, size, n),
       LATERAL (SELECT date_trunc(trunc, at AT TIME ZONE zone) AS start, size * ('1 ' || unit)::interval AS step) AS local`,
      [
        asked.map(([timeZone]) => timeZone),
        asked.map(([, at]) => new Date(at).toISOString()),
        asked.map(([, , [unit]]) => unit.toLowerCase()),
        asked.map(([, , [, , unit]]) => unit),
        asked.map(([, , [, , , size]]) => size),
        asked.map(([, , , n]) => n),
      ],
    );
    asked.forEach(([timeZone, now, [, word], n], index) => {
      const { startMs, endMs } = rangeOf(word, n, { now, timeZone, weekStart: 1, fiscalStartMonth: 1 });
      expect({ timeZone, now, word, n, startMs, endMs }).toEqual({
        timeZone,
        now,
        word,
        n,
        startMs: rows[index]?.first,
        endMs: rows[index]?.after,
      });
    });
  });
});
