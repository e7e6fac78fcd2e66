/**
 * Tables of sObjects, made to follow the descriptions: what is missing is added, nothing is ever changed or dropped.
 * One look at the catalogue says what exists, so a start with nothing to do costs one query.
 */
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import {
  autonumberSequenceOf,
  BOOKKEEPING_COLUMNS,
  columnDefinitionOf,
  columnOf,
  hasColumn,
  hasTable,
  idClassOf,
  idSequenceOf,
  KEY_COLUMN_DEFINITION,
  keyColumnOf,
  tableOf,
} from './columns.js';
import type { Tx } from './database.js';
import { indexesOf } from './indexes.js';
import { ownerTriggersOf } from './row-owners.js';
import { quoteIdentifier as q, quoteLiteral } from './sql.js';

interface ColumnPlan {
  readonly name: string;
  readonly definition: string;
}

/** Adds what is missing and returns how many statements that took. */
export async function syncSchema(tx: Tx, objects: readonly SObjectDescription[]): Promise<number> {
  const existing = await existingRelations(tx);
  const statements = objects
    .filter(hasTable)
    .flatMap((object) => statementsFor(withoutCustomFields(object), existing));
  // One round trip: a simple query may hold any number of statements.
  if (statements.length > 0) await tx.query(statements.join(';\n'));
  return statements.length;
}

/** Columns of custom fields are added one by one, while the servers run (custom-fields.ts). */
function withoutCustomFields(object: SObjectDescription): SObjectDescription {
  if (!object.fields.some(({ custom }) => custom)) return object;
  return { ...object, fields: object.fields.filter(({ custom }) => custom !== true) };
}

/** Tables with their columns, sequences, indexes and triggers, by name. */
async function existingRelations(tx: Tx): Promise<Map<string, Set<string>>> {
  const rows = await tx.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name,
            coalesce(array_agg(a.attname::text) FILTER (WHERE a.attnum > 0 AND NOT a.attisdropped), '{}') AS columns
       FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'S', 'i')
        AND c.relname LIKE 'so\\_%'
      GROUP BY c.oid, c.relname
     UNION ALL
     SELECT t.tgname, '{}' FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'so\\_%'`,
  );
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}

function statementsFor(object: SObjectDescription, existing: ReadonlyMap<string, Set<string>>): string[] {
  const table = tableOf(object);
  const columns = columnsOf(object);
  const present = existing.get(table);
  const statements: string[] = [];

  for (const sequence of sequencesOf(object)) {
    if (!existing.has(sequence)) statements.push(`CREATE SEQUENCE IF NOT EXISTS ${q(sequence)}`);
  }
  if (present === undefined) {
    const body = columns.map(({ name, definition }) => `${q(name)} ${definition}`).join(', ');
    statements.push(`CREATE TABLE ${q(table)} (${body})`);
  } else {
    const missing = columns.filter(({ name }) => !present.has(name));
    if (missing.length > 0) {
      const additions = missing.map(({ name, definition }) => `ADD COLUMN ${q(name)} ${definition}`);
      statements.push(`ALTER TABLE ${q(table)} ${additions.join(', ')}`);
    }
  }
  for (const { name, on, unique } of indexesOf(object)) {
    if (!existing.has(name)) {
      statements.push(`CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${q(name)} ON ${q(table)} ${on}`);
    }
  }
  for (const { name, statements: made } of ownerTriggersOf(object)) {
    if (!existing.has(name)) statements.push(...made);
  }
  if (autonumberOf(object) !== undefined) {
    statements.push(
      ...(present === undefined
        ? [`INSERT INTO autonumber (object) VALUES (${quoteLiteral(object.name)}) ON CONFLICT DO NOTHING`]
        : []),
    );
  }
  return statements;
}

function sequencesOf(object: SObjectDescription): string[] {
  const sequences = [idSequenceOf(object)];
  if (autonumberOf(object) !== undefined) sequences.push(autonumberSequenceOf(object));
  return sequences;
}

/** The field that numbers the object's records, if any. */
export function autonumberOf(object: SObjectDescription): FieldDescription | undefined {
  return object.fields.find((field) => field.flags?.autoNumber === true);
}

function columnsOf(object: SObjectDescription): ColumnPlan[] {
  const id = `text COLLATE "C" PRIMARY KEY DEFAULT new_id(${quoteLiteral(object.idPrefix)}, nextval(${quoteLiteral(idSequenceOf(object))}), ${quoteLiteral(idClassOf(object))})`;
  const columns = new Map<string, ColumnPlan>([['id', { name: 'id', definition: id }]]);
  for (const { name, definition } of BOOKKEEPING_COLUMNS) columns.set(name, { name, definition });

  for (const field of object.fields) {
    if (!hasColumn(field)) continue;
    const name = columnOf(field);
    if (!columns.has(name)) {
      columns.set(name, { name, definition: columnDefinitionOf(field) });
    } else if (name !== 'id' && name !== 'is_deleted') {
      throw new Error(`${object.name}.${field.name} would share the column ${name}`);
    }
    const key = keyColumnOf(field);
    if (key !== undefined) columns.set(key, { name: key, definition: KEY_COLUMN_DEFINITION });
  }
  return [...columns.values()];
}
