/**
 * Gathers what a statement is bound with: the time, the organization's fiscal year and the rows of computed objects,
 * each asked of the database only where a parameter needs it.
 */
import type { Caller } from '../access/caller.js';
import { createClock } from '../clock.js';
import type { Queryable } from '../store/database.js';
import { weekStartOf } from './calendar.js';
import { computedRows } from './computed/rows.js';
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
    computed: await computedOf(db, lexed, caller, parameters),
    run: {},
  };
}

const NOTHING_COMPUTED: ReadonlyMap<string, string> = new Map();

async function computedOf(
  db: Queryable,
  lexed: Lexed,
  caller: Caller,
  parameters: readonly Parameter[],
): Promise<ReadonlyMap<string, string>> {
  if (parameters.every(({ kind }) => kind !== 'rows')) return NOTHING_COMPUTED;
  const computed = new Map<string, string>();
  for (const parameter of parameters) {
    if (parameter.kind !== 'rows') continue;
    const { source } = parameter;
    if (!computed.has(source.object.name))
      computed.set(source.object.name, await computedRows(db, caller, lexed, source));
  }
  return computed;
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
