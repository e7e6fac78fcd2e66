/**
 * Objects whose rows are computed when asked for: their relation is a recordset made of one JSON parameter, so that
 * filters, orders and groups are PostgreSQL's as for stored rows. This file decides its columns; rows come from the
 * other files of this folder.
 */
import type { FieldDescription, SObjectDescription } from '../../objects/language.js';
import { columnOf, hasColumn, keyColumnOf, sqlTypeOf, textKey } from '../../store/columns.js';
import { quoteIdentifier } from '../../store/sql.js';

/** One row by field names; what is left out is null, or false of a boolean. */
export type ComputedRow = Readonly<Record<string, unknown>>;

/** The relation, its rows in the parameter at `placeholder`. */
export function computedRelationSql(object: SObjectDescription, placeholder: string): string {
  const columns = object.fields.filter(hasColumn).flatMap((field) => {
    const key = keyColumnOf(field);
    const column = `${quoteIdentifier(columnOf(field))} ${sqlTypeOf(field)}`;
    return key === undefined ? [column] : [column, `${quoteIdentifier(key)} text COLLATE "C"`];
  });
  const named = [...columns, '"is_deleted" boolean'].join(', ');
  return `(SELECT computed.* FROM json_to_recordset(${placeholder}::json) AS computed(${named}))`;
}

/** Rows as the relation's parameter. */
export function computedRowsText(object: SObjectDescription, rows: readonly ComputedRow[]): string {
  const fields = object.fields.filter(hasColumn);
  return JSON.stringify(rows.map((row) => columnsOf(fields, row)));
}

function columnsOf(fields: readonly FieldDescription[], row: ComputedRow): Record<string, unknown> {
  const columns: Record<string, unknown> = { is_deleted: false };
  for (const field of fields) {
    const value = row[field.name] ?? (field.type === 'boolean' ? false : null);
    columns[columnOf(field)] = value;
    const key = keyColumnOf(field);
    if (key !== undefined) columns[key] = typeof value === 'string' ? textKey(value) : null;
  }
  return columns;
}
