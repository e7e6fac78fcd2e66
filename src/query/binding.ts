/**
 * Gathers what the literals of a statement are bound with: the time and the organization's fiscal year, each asked of
 * the database only where a parameter needs it.
 */
import type { Caller } from '../access/caller.js';
import { createClock } from '../clock.js';
import type { Queryable } from '../store/database.js';
import { weekStartOf } from './calendar.js';
import {
  type Binding,
  CALENDAR_FISCAL_YEAR,
  type FiscalYear,
  needsFiscalYear,
  needsNow,
  type Parameter,
} from './parameters.js';
import type { Lexed } from './tokens.js';

/** `now` is NaN where no date literal asks for it: that saves a round trip. `run` is empty. */
export async function bindingFor(
  db: Queryable,
  lexed: Lexed,
  caller: Caller,
  parameters: readonly Parameter[],
): Promise<Binding> {
  return {
    lexed,
    caller,
    now: needsNow(parameters) ? await createClock(db).now() : Number.NaN,
    weekStart: weekStartOf(caller.locale),
    fiscal: needsFiscalYear(parameters, lexed) ? await fiscalYearOf(db) : CALENDAR_FISCAL_YEAR,
    run: {},
  };
}

async function fiscalYearOf(db: Queryable): Promise<FiscalYear> {
  const [row] = await db.query<{ start: number | null; by_start: boolean | null }>(
    `SELECT "fiscal_year_start_month" AS start, "uses_start_date_as_fiscal_year_name" AS by_start
     FROM "so_organization" ORDER BY "id" LIMIT 1`,
    [],
    'query.fiscal-year',
  );
  const startMonth = row?.start ?? 1;
  return { startMonth, yearShift: startMonth > 1 && row?.by_start !== true ? 1 : 0 };
}
