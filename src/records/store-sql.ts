/**
 * The statements that store a set of records: one for any number of them, made from the object's description and the
 * columns the set touches. Values travel as one JSON array, so the text depends on the columns only and can be
 * prepared.
 */

import { isoOf } from '../clock.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import {
  autonumberSequenceOf,
  columnOf,
  idClassOf,
  idSequenceOf,
  keyColumnOf,
  sqlTypeOf,
  tableOf,
  textKey,
} from '../store/columns.js';
import { quoteIdentifier as q, quoteLiteral } from '../store/sql.js';
import type { StoredValue } from './read-value.js';

/** A column of the set, and how a value gets into it. */
interface SetColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns that hold these fields, key columns included. */
function columnsFor(fields: readonly FieldDescription[]): SetColumn[] {
  return fields.flatMap((field) => {
    const own = { name: columnOf(field), type: sqlTypeOf(field) };
    const key = keyColumnOf(field);
    return key === undefined ? [own] : [own, { name: key, type: 'text COLLATE "C"' }];
  });
}

/** One record as the statement's JSON takes it. */
export function jsonRow(
  id: string | null,
  fields: readonly FieldDescription[],
  read: (field: FieldDescription) => StoredValue,
): Record<string, StoredValue> {
  const row: Record<string, StoredValue> = { id };
  for (const field of fields) {
    const value = read(field);
    row[columnOf(field)] = field.type === 'datetime' && typeof value === 'number' ? isoOf(value) : value;
    const key = keyColumnOf(field);
    if (key !== undefined) row[key] = typeof value === 'string' ? textKey(value) : null;
  }
  return row;
}

function recordset(columns: readonly SetColumn[]): string {
  const typed = columns.map(({ name, type }) => `${q(name)} ${type}`).join(', ');
  const names = columns.map(({ name }) => q(name)).join(', ');
  return `ROWS FROM (json_to_recordset($1::json) AS ("id" text COLLATE "C"${typed === '' ? '' : `, ${typed}`}))
    WITH ORDINALITY AS sent ("id"${names === '' ? '' : `, ${names}`}, "ord")`;
}

/**
 * Inserts the rows of $1 and gives their ids in order. $2 object name, $3 time of the change. A row without an id gets
 * the next one; `numbered` is the autonumber field to fill where the row has none.
 */
export function insertSql(
  object: SObjectDescription,
  fields: readonly FieldDescription[],
  numbered: FieldDescription | undefined,
): string {
  const columns = columnsFor(fields);
  const newId = `new_id(${quoteLiteral(object.idPrefix)}, nextval(${quoteLiteral(idSequenceOf(object))}), ${quoteLiteral(idClassOf(object))})`;
  const numberedHere = numbered !== undefined && fields.includes(numbered);
  const number =
    numbered === undefined
      ? undefined
      : `autonumber_text((SELECT format FROM autonumber WHERE object = $2), nextval(${quoteLiteral(autonumberSequenceOf(object))}))`;

  const expressions = columns.map(({ name }) => {
    if (numberedHere && name === columnOf(numbered))
      return { name, sql: `coalesce(sent.${q(name)}, ${number})` };
    return { name, sql: `sent.${q(name)}` };
  });
  if (numbered !== undefined && !numberedHere && number !== undefined) {
    expressions.push({ name: columnOf(numbered), sql: number });
  }
  const inputs = [{ name: 'id', sql: `coalesce(sent."id", ${newId})` }, ...expressions];
  const names = inputs.map(({ name }) => q(name)).join(', ');
  return `WITH input AS MATERIALIZED (
      SELECT ${inputs.map(({ name, sql }) => `${sql} AS ${q(name)}`).join(', ')}, "ord" FROM ${recordset(columns)}
    ), saved AS (
      INSERT INTO ${q(tableOf(object))} (${names}) SELECT ${names} FROM input ORDER BY "ord"
    ), noted AS (
      INSERT INTO change (object, record_id, kind, at) SELECT $2, "id", 'create', $3::timestamptz FROM input ORDER BY "ord"
    )
    SELECT "id" FROM input ORDER BY "ord"`;
}

/**
 * Updates the rows of $1 by id. $2 object name, $3 time of the change; each row's "changed__" names the fields whose
 * values differ, for the outbox.
 */
export function updateSql(object: SObjectDescription, fields: readonly FieldDescription[]): string {
  const columns = [...columnsFor(fields), { name: 'changed__', type: 'text[]' }];
  const sets = columnsFor(fields).map(({ name }) => `${q(name)} = input.${q(name)}`);
  return `WITH input AS MATERIALIZED (
      SELECT ${['id', ...columns.map(({ name }) => name)].map((name) => `sent.${q(name)}`).join(', ')}, "ord"
        FROM ${recordset(columns)}
    ), saved AS (
      UPDATE ${q(tableOf(object))} AS row SET ${sets.join(', ')} FROM input WHERE row."id" = input."id"
    )
    INSERT INTO change (object, record_id, kind, fields, at)
    SELECT $2, "id", 'update', "changed__", $3::timestamptz FROM input ORDER BY "ord"`;
}
