/**
 * The custom fields there are, read from their rows into the descriptions, and their columns. Names of fields never
 * reach DDL: a column is called after the field's number. Columns are added, never dropped (DECISIONS 7).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CustomFieldDefinition, describeCustomField } from '../objects/custom-field.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { describeCustomFields } from '../objects/registry.js';
import { columnDefinitionOf, columnOf, KEY_COLUMN_DEFINITION, keyColumnOf, tableOf } from './columns.js';
import type { Database, Queryable } from './database.js';
import { quoteIdentifier as q } from './sql.js';

interface FieldRow {
  readonly number: number;
  readonly object: string;
  readonly developer_name: string;
  readonly metadata: CustomFieldDefinition;
}

/** Descriptions by what they were made of: a field that did not change keeps its description. */
let known = new Map<string, FieldDescription>();
/** All fields as they were last read. */
let read = '[]';
/** Loads that began, so that one which began earlier and ends later changes nothing. */
let begun = 0;
let applied = 0;

/** Makes the descriptions follow the rows. Cheap when nothing changed, and safe to call at any time. */
export async function loadCustomFields(db: Queryable): Promise<void> {
  const turn = ++begun;
  const rows = await db.query<FieldRow>(
    `SELECT number, object, developer_name, metadata FROM custom_field
      WHERE retired_at IS NULL ORDER BY number`,
    [],
    'custom-fields.load',
  );
  if (turn < applied) return;
  applied = turn;
  const now = JSON.stringify(rows);
  if (now === read) return;
  const current = new Map<string, FieldDescription>();
  const byObject = new Map<string, FieldDescription[]>();
  for (const row of rows) {
    const key = JSON.stringify(row);
    const field =
      known.get(key) ??
      describeCustomField({
        number: row.number,
        object: row.object,
        developerName: row.developer_name,
        definition: row.metadata,
      });
    current.set(key, field);
    byObject.set(row.object, [...(byObject.get(row.object) ?? []), field]);
  }
  describeCustomFields(byObject);
  known = current;
  read = now;
}

/** ALTER TABLE stands in the way of every statement behind it while it waits: it waits this long at most. */
const LOCK_TIMEOUT_MS = 200;
const ATTEMPTS = 40;
const PAUSE_MS = 100;

/**
 * Adds the columns of a field. Resolves to false when the table was never free: somebody keeps reading it.
 */
export async function addColumns(
  db: Database,
  object: SObjectDescription,
  field: FieldDescription,
): Promise<boolean> {
  const key = keyColumnOf(field);
  const additions = [
    `ADD COLUMN IF NOT EXISTS ${q(columnOf(field))} ${columnDefinitionOf(field)}`,
    ...(key === undefined ? [] : [`ADD COLUMN IF NOT EXISTS ${q(key)} ${KEY_COLUMN_DEFINITION}`]),
  ];
  for (let attempt = 1; ; attempt++) {
    try {
      await db.tx(async (tx) => {
        await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await tx.query(`ALTER TABLE ${q(tableOf(object))} ${additions.join(', ')}`);
      });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== '55P03') throw error;
      if (attempt >= ATTEMPTS) return false;
      // Longer each time, so that a table in heavy use is not stalled again and again.
      await sleep(Math.min(PAUSE_MS * attempt, 1_000));
    }
  }
}
