/**
 * The statements that store a set of records: one for any number of them, made from the object's description and the
 * columns the set touches. Values travel as one JSON array, so the text depends on the columns only and can be
 * prepared.
 */

import { isoOf } from '../clock.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { isAutoNumber } from '../objects/registry.js';
import {
  autonumberSequenceOf,
  columnOf,
  hasColumn,
  idClassOf,
  idSequenceOf,
  keyColumnOf,
  sqlTypeOf,
  tableOf,
  textKey,
} from '../store/columns.js';
import { quoteIdentifier as q, quoteLiteral } from '../store/sql.js';
import type { StoredValue } from './read-value.js';

/** Statements of sets that were stored before, by text; what does not fit in is not prepared. */
const PREPARED = new Map<string, string>();
const MOST_PREPARED = 300;

/**
 * The name under which a connection may keep this statement. Sets of the same fields come again and again, and
 * planning an insert into a table of many indexes costs as much as running it for a few rows.
 */
export function preparedName(text: string): string | undefined {
  const known = PREPARED.get(text);
  if (known !== undefined || PREPARED.size >= MOST_PREPARED) return known;
  const name = `records.set.${PREPARED.size}`;
  PREPARED.set(text, name);
  return name;
}

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

/** What the platform says of a write, from parameters: $3 when it was, $4 who did it. */
const STAMPS: Readonly<Record<string, string>> = {
  CreatedDate: '$3::timestamptz',
  CreatedById: '$4',
  LastModifiedDate: '$3::timestamptz',
  LastModifiedById: '$4',
  SystemModstamp: '$3::timestamptz',
};

/**
 * Inserts the rows of $1 and gives their ids in order. $2 object name, $3 time, $4 user. A row without an id gets the
 * next one, one without a number the next of those, and audit fields that were not brought along are stamped.
 */
export function insertSql(object: SObjectDescription, fields: readonly FieldDescription[]): string {
  const sent = new Set(fields);
  const inputs = [{ name: 'id', sql: `coalesce(sent."id", ${nextIdSql(object)})` }];
  for (const field of object.fields) {
    const given = isAutoNumber(field) ? nextNumberSql(object) : STAMPS[field.name];
    if (!hasColumn(field) || field.type === 'id' || (given === undefined && !sent.has(field))) continue;
    for (const { name } of columnsFor([field])) {
      const own = sent.has(field) ? `sent.${q(name)}` : undefined;
      inputs.push({ name, sql: own && given ? `coalesce(${own}, ${given})` : (own ?? given ?? 'NULL') });
    }
  }
  const names = inputs.map(({ name }) => q(name)).join(', ');
  // $4 stands in the last condition too: PostgreSQL must be able to type it for objects without CreatedById.
  return `WITH input AS MATERIALIZED (
      SELECT ${inputs.map(({ name, sql }) => `${sql} AS ${q(name)}`).join(', ')}, "ord"
        FROM ${recordset(columnsFor(fields))}
    ), saved AS (
      INSERT INTO ${q(tableOf(object))} (${names}) SELECT ${names} FROM input ORDER BY "ord"
    ), noted AS (
      INSERT INTO change (object, record_id, kind, at)
      SELECT $2, "id", 'create', $3::timestamptz FROM input WHERE $4::text IS NOT NULL ORDER BY "ord"
    )
    SELECT "id" FROM input ORDER BY "ord"`;
}

function nextIdSql(object: SObjectDescription): string {
  return `new_id(${quoteLiteral(object.idPrefix)}, nextval(${quoteLiteral(idSequenceOf(object))}), ${quoteLiteral(idClassOf(object))})`;
}

function nextNumberSql(object: SObjectDescription): string {
  return `autonumber_text((SELECT format FROM autonumber WHERE object = $2), nextval(${quoteLiteral(autonumberSequenceOf(object))}))`;
}

/**
 * Updates the rows of $1 by id. $2 object name, $3 time, $4 user. Audit fields in `stamped` that were not sent are
 * moved, never back: a clock that goes back makes time stand still. Each row's "changed__" names the fields whose
 * values differ, for the outbox.
 */
export function updateSql(
  object: SObjectDescription,
  fields: readonly FieldDescription[],
  stamped: ReadonlySet<string>,
): string {
  const columns = [...columnsFor(fields), { name: 'changed__', type: 'text[]' }];
  const sets = columnsFor(fields).map(({ name }) => `${q(name)} = input.${q(name)}`);
  for (const field of object.fields) {
    const given = STAMPS[field.name];
    if (given === undefined || !stamped.has(field.name) || fields.includes(field)) continue;
    const column = q(columnOf(field));
    sets.push(`${column} = ${field.type === 'datetime' ? `greatest(row.${column}, ${given})` : given}`);
  }
  return `WITH input AS MATERIALIZED (
      SELECT ${['id', ...columns.map(({ name }) => name)].map((name) => `sent.${q(name)}`).join(', ')}, "ord"
        FROM ${recordset(columns)}
    ), saved AS (
      UPDATE ${q(tableOf(object))} AS row SET ${sets.join(', ')} FROM input WHERE row."id" = input."id"
    )
    INSERT INTO change (object, record_id, kind, fields, at)
    SELECT $2, "id", 'update', "changed__", $3::timestamptz FROM input WHERE $4::text IS NOT NULL ORDER BY "ord"`;
}
