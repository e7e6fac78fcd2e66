/**
 * History rows: what happened to the fields an administrator wants recorded (FloorFieldSetting), written in the
 * transaction of the change (salesforce-data-api.md §23). A lookup leaves two rows, one with ids and one with names. A
 * field leaves none when the user who made the change may not edit it, which is how a change in system context stays
 * out of the history; a value too long to keep is recorded as changed, without values.
 *
 * Histories are not records anybody writes, so they do not go through the outbox.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import { historyNameOf } from '../objects/history-values.js';
import type { FieldDescription, FieldType, SObjectDescription } from '../objects/language.js';
import { findObject, nameFieldOf, objectOfId } from '../objects/registry.js';
import { columnOf, hasTable, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { StoredValue } from './read-value.js';
import type { Beginning } from './write.js';

/** A record as it was and as it is now, in the fields of interest. */
export interface Transition {
  readonly id: string;
  /** Null before the record was created. */
  readonly before: ((field: FieldDescription) => StoredValue) | null;
  readonly after: (field: FieldDescription) => StoredValue;
}

interface HistoryRow {
  readonly parent: string;
  readonly field: string;
  readonly data_type: string | null;
  readonly old_value: string | null;
  readonly new_value: string | null;
}

/** Values longer than this are left out (§23). */
const LONGEST_VALUE = 255;

/** DataType by field type; EntityId and DateTime as the platform writes them, the rest the nearest word of its list. */
const DATA_TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  boolean: 'Boolean',
  currency: 'Currency',
  date: 'DateOnly',
  datetime: 'DateTime',
  double: 'Double',
  email: 'Email',
  int: 'Double',
  long: 'Double',
  multipicklist: 'MultiEnum',
  percent: 'Percent',
  phone: 'Phone',
  picklist: 'DynamicEnum',
  reference: 'EntityId',
  textarea: 'MultiLineText',
  time: 'TimeOnly',
  url: 'Url',
};

/** Records what these transitions did to tracked fields; at most two statements. */
export async function recordHistory(
  tx: Tx,
  caller: Caller,
  object: SObjectDescription,
  { stamp, tracked }: Beginning,
  transitions: readonly Transition[],
): Promise<void> {
  const history = findObject(`${object.name}History`);
  if (tracked.size === 0 || history === undefined) return;
  const fields = object.fields.filter(
    ({ name }) => tracked.has(name) && caller.access.field(object.name, name).edit,
  );
  const rows = transitions.flatMap((transition) => rowsOf(object, fields, transition));
  const named = await withNames(tx, rows);
  if (named.length === 0) return;
  const parent = history.fields.find(({ referenceTo }) => referenceTo?.[0] === object.name);
  if (parent === undefined) throw new Error(`${history.name} has no parent`);
  await tx.query(
    `INSERT INTO ${q(tableOf(history))} (${q(columnOf(parent))}, created_by_id, created_date, field, data_type, old_value, new_value)
     SELECT parent, $2, $3::timestamptz, field, data_type, old_value, new_value
       FROM json_to_recordset($1::json)
         AS row(parent text, field text, data_type text, old_value text, new_value text)`,
    [JSON.stringify(named), caller.userId, isoOf(stamp)],
  );
}

/** A row before its names are looked up: `entity` marks a lookup that also leaves a row of names. */
type DraftRow = HistoryRow & { readonly entity: boolean };

function rowsOf(
  object: SObjectDescription,
  fields: readonly FieldDescription[],
  { id, before, after }: Transition,
): DraftRow[] {
  const created: DraftRow = {
    parent: id,
    field: 'created',
    data_type: 'Text',
    old_value: null,
    new_value: null,
    entity: false,
  };
  const changes = fields.flatMap((field): DraftRow[] => {
    const [was, is] = [before?.(field) ?? null, after(field)];
    if (was === is) return [];
    const [old_value, new_value] = [textOf(field, was), textOf(field, is)];
    const kept = [old_value, new_value].every((text) => (text?.length ?? 0) <= LONGEST_VALUE);
    return [
      {
        parent: id,
        field: historyNameOf(object, field.name).value,
        data_type: DATA_TYPES[field.type] ?? 'Text',
        old_value: kept ? old_value : null,
        new_value: kept ? new_value : null,
        entity: field.type === 'reference',
      },
    ];
  });
  return before === null ? [created, ...changes] : changes;
}

/** A value as REST writes it, less the quotes; DataType tells what it was. */
function textOf(field: FieldDescription, value: StoredValue): string | null {
  if (value === null) return null;
  if (field.type === 'datetime' && typeof value === 'number') return isoOf(value).replace('Z', '+0000');
  return String(value);
}

/** Adds to each row of ids one of names. */
async function withNames(tx: Tx, rows: readonly DraftRow[]): Promise<HistoryRow[]> {
  const entities = rows.filter(({ entity }) => entity);
  const ids = new Set(entities.flatMap(({ old_value, new_value }) => [old_value, new_value]));
  const names = await namesOf(
    tx,
    [...ids].filter((id) => id !== null),
  );
  const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? null));
  return rows.flatMap(({ entity, ...row }): HistoryRow[] =>
    entity
      ? [
          row,
          { ...row, data_type: 'Text', old_value: nameOf(row.old_value), new_value: nameOf(row.new_value) },
        ]
      : [row],
  );
}

async function namesOf(tx: Tx, ids: readonly string[]): Promise<Map<string, string | null>> {
  const byObject = new Map<SObjectDescription, string[]>();
  for (const id of ids) {
    const target = objectOfId(id);
    if (target === undefined || !hasTable(target)) continue;
    byObject.set(target, [...(byObject.get(target) ?? []), id]);
  }
  const parts: string[] = [];
  const values: string[][] = [];
  for (const [target, some] of byObject) {
    const name = nameFieldOf(target);
    if (name === undefined) continue;
    values.push(some);
    parts.push(
      `SELECT id, left(${q(columnOf(name))}, ${LONGEST_VALUE}) AS name FROM ${q(tableOf(target))} WHERE id = ANY($${values.length})`,
    );
  }
  if (parts.length === 0) return new Map();
  const rows = await tx.query<{ id: string; name: string | null }>(parts.join(' UNION ALL '), values);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
