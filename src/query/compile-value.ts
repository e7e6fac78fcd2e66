/**
 * Values -> SQL: columns, key columns, date functions, aggregates. Nothing outside the compile-* files knows SQL.
 */
import type { FieldDescription } from '../objects/language.js';
import { columnOf, hasColumn, keyColumnOf } from '../store/columns.js';
import { quoteIdentifier } from '../store/sql.js';
import type { Source } from './checked.js';
import { type ColumnValue, type DateFunction, typeOf, type Value } from './checked.js';
import { nameObject } from './name-object.js';
import { type SqlWriter, sharedParameter } from './sql-writer.js';

/** The tables of one SELECT and the names they go by. */
export interface Tables {
  readonly writer: SqlWriter;
  /** What the aliases of this SELECT begin with. */
  readonly prefix: string;
}

/** What the aliases of a statement's outermost SELECT begin with. */
export const ROOT_PREFIX = 't';

/** As many as a statement's outermost SELECT may have; a cold compile spends its time on making small strings. */
const ROOT_ALIASES = Array.from({ length: 64 }, (_, index) => `${ROOT_PREFIX}${index}`);

export const aliasOf = ({ prefix }: Tables, { index }: Source): string =>
  (prefix === ROOT_PREFIX ? ROOT_ALIASES[index] : undefined) ?? `${prefix}${index}`;

/** The caller's own row about a record, joined where LastViewedDate or LastReferencedDate is asked for. */
export const viewedAliasOf = (tables: Tables, source: Source): string => `${tables.prefix}${source.index}v`;

/** The quoted column of a field and of its key, worked out once a field. */
interface FieldColumns {
  readonly column: string;
  readonly key: string | undefined;
  /** `alias.column` for the aliases of the outermost SELECT, by the position of the source. */
  readonly ofRoot: string[];
}

const FIELD_COLUMNS = new WeakMap<FieldDescription, FieldColumns>();

export function columnsOfField(field: FieldDescription): FieldColumns {
  let columns = FIELD_COLUMNS.get(field);
  if (columns === undefined) {
    const key = keyColumnOf(field);
    columns = {
      column: quoteIdentifier(columnOf(field)),
      key: key === undefined ? undefined : quoteIdentifier(key),
      ofRoot: [],
    };
    FIELD_COLUMNS.set(field, columns);
  }
  return columns;
}

/** A column as it is stored. */
export function columnSql(tables: Tables, { source, field }: ColumnValue): string {
  if (field.perUser === true) {
    const column = field.name === 'LastViewedDate' ? 'viewed_at' : 'referenced_at';
    return `${viewedAliasOf(tables, source)}."${column}"`;
  }
  if (source.object === nameObject && field.name === 'Type') return `${aliasOf(tables, source)}."kind"`;
  if (!hasColumn(field)) throw new Error(`${source.object.name}.${field.name} has no column`);
  const { column, ofRoot } = columnsOfField(field);
  if (tables.prefix !== ROOT_PREFIX) return `${aliasOf(tables, source)}.${column}`;
  let sql = ofRoot[source.index];
  if (sql === undefined) {
    sql = `${aliasOf(tables, source)}.${column}`;
    ofRoot[source.index] = sql;
  }
  return sql;
}

/** How text is compared: by its key column, by its own upper case, or as it stands. */
export type Comparing = 'key' | 'upper' | 'exact';

/** What a column is compared and sorted by. */
export function comparedSql(tables: Tables, column: ColumnValue): { sql: string; comparing: Comparing } {
  const { source, field } = column;
  const alias = aliasOf(tables, source);
  if (source.object === nameObject) {
    if (field.name === 'Name') return { sql: `${alias}."name_key"`, comparing: 'key' };
    const free = field.type === 'string' || field.type === 'email' || field.type === 'phone';
    if (free) return { sql: `upper(${columnSql(tables, column)})`, comparing: 'upper' };
  }
  const key = source.object === nameObject ? undefined : columnsOfField(field).key;
  if (key !== undefined) return { sql: `${alias}.${key}`, comparing: 'key' };
  return { sql: columnSql(tables, column), comparing: 'exact' };
}

/** A value as it is selected. */
export function valueSql(tables: Tables, value: Value): string {
  switch (value.kind) {
    case 'column':
      return columnSql(tables, value);
    case 'date-function':
      return dateFunctionSql(tables, value);
    case 'grouping':
      return `GROUPING(${valueSql(tables, value.of)})`;
    case 'aggregate':
      return aggregateSql(tables, value);
  }
}

function aggregateSql(tables: Tables, value: Value & { kind: 'aggregate' }): string {
  const column = columnSql(tables, value.of);
  switch (value.name) {
    case 'COUNT':
      return `count(${column})`;
    case 'COUNT_DISTINCT':
      return `count(DISTINCT ${column})`;
    case 'SUM':
      return `sum(${column})`;
    case 'AVG':
      return `avg(${column})::float8`;
    case 'MIN':
    case 'MAX': {
      const order = orderSql(tables, value.of);
      if (order.length === 1 && order[0] === column)
        return `${value.name === 'MIN' ? 'min' : 'max'}(${column})`;
      // The least by key, but as it was written.
      const direction = value.name === 'MIN' ? '' : ' DESC';
      const by = order.map((one) => `${one}${direction}`).join(', ');
      return `(array_agg(${column} ORDER BY ${by}) FILTER (WHERE ${column} IS NOT NULL))[1]`;
    }
  }
}

/** What rows are sorted by: keys of text, positions in a picklist. */
export function orderSql(tables: Tables, value: Value): readonly string[] {
  if (value.kind !== 'column') return [valueSql(tables, value)];
  const { field } = value;
  if (field.type === 'picklist' && (field.picklistValues?.length ?? 0) > 1) {
    const values = (field.picklistValues ?? []).map((one) => one.value);
    const list = sharedParameter(tables.writer, `picklist ${values.join('\u0000')}`, {
      kind: 'fixed',
      value: values,
    });
    const column = columnSql(tables, value);
    return [`array_position(${list}::text[], ${column})`, column];
  }
  return [comparedSql(tables, value).sql];
}

/** The expressions a grouped value stands for; the key of text goes along so that it may be sorted by. */
export function groupSql(tables: Tables, value: ColumnValue | DateFunction): string {
  const sql = valueSql(tables, value);
  if (value.kind !== 'column') return sql;
  const compared = comparedSql(tables, value);
  return compared.comparing === 'key' ? `(${sql}, ${compared.sql})` : sql;
}

function dateFunctionSql(tables: Tables, { name, local, of }: DateFunction): string {
  const column = columnSql(tables, of);
  const base =
    typeOf(of) === 'date' ? column : `(${column} AT TIME ZONE ${local ? callerZone(tables) : "'UTC'"})`;
  const part = (what: string) => `extract(${what} FROM ${base})::int`;
  const startMonth = () =>
    `${sharedParameter(tables.writer, 'fiscal startMonth', { kind: 'fiscal', what: 'startMonth' })}::int`;
  const fiscalMonth = () => `((${part('month')} - ${startMonth()} + 12) % 12)`;
  switch (name) {
    case 'CALENDAR_MONTH':
      return part('month');
    case 'CALENDAR_QUARTER':
      return part('quarter');
    case 'CALENDAR_YEAR':
      return part('year');
    case 'DAY_IN_MONTH':
      return part('day');
    case 'DAY_IN_WEEK':
      return `(${part('dow')} + 1)`;
    case 'DAY_IN_YEAR':
      return part('doy');
    case 'DAY_ONLY':
      return `(${base})::date`;
    case 'HOUR_IN_DAY':
      return part('hour');
    case 'WEEK_IN_MONTH':
      return `((${part('day')} - 1) / 7 + 1)`;
    case 'WEEK_IN_YEAR':
      return `((${part('doy')} - 1) / 7 + 1)`;
    case 'FISCAL_MONTH':
      return `(${fiscalMonth()} + 1)`;
    case 'FISCAL_QUARTER':
      return `(${fiscalMonth()} / 3 + 1)`;
    case 'FISCAL_YEAR': {
      const shift = sharedParameter(tables.writer, 'fiscal yearShift', { kind: 'fiscal', what: 'yearShift' });
      return `(${part('year')} - (${part('month')} < ${startMonth()})::int + ${shift}::int)`;
    }
  }
}

const callerZone = (tables: Tables): string =>
  sharedParameter(tables.writer, 'caller timeZone', { kind: 'caller', what: 'timeZone' });

export const callerId = (tables: Tables): string =>
  sharedParameter(tables.writer, 'caller userId', { kind: 'caller', what: 'userId' });
