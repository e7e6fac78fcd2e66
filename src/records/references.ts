/**
 * Whether the rows that drafts refer to exist, all of them looked up in one statement. Owners must also be able to own:
 * an active user, or a queue.
 */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { findObject, objectOfId } from '../objects/registry.js';
import { hasTable, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { Draft } from './draft.js';
import { type Origin, type RecordError, recordError } from './result.js';

interface Target {
  readonly is_deleted: boolean;
  /** Whether the row may own records: null where no row of the object ever does. */
  readonly owns: boolean | null;
}

/** Adds an error to each draft that refers to a row that is not there. `origin` other than `api` may name any owner. */
export async function checkReferences(
  tx: Tx,
  caller: Caller,
  object: SObjectDescription,
  drafts: readonly Draft[],
  origin: Origin,
): Promise<void> {
  const wanted = new Map<string, Set<string>>();
  for (const draft of drafts) {
    for (const [field, id] of referencesOf(draft)) {
      const target = targetOf(field, id);
      if (target === undefined) continue;
      const ids = wanted.get(target.name) ?? new Set();
      wanted.set(target.name, ids.add(id));
    }
  }
  if (wanted.size === 0) return;
  const found = await lookUp(tx, wanted, origin === 'api' ? caller : undefined);
  for (const draft of drafts) {
    for (const [field, id] of referencesOf(draft)) {
      if (targetOf(field, id) === undefined) continue;
      const error = refusal(object, field, id, found.get(id), origin);
      if (error !== undefined) draft.errors.push(error);
    }
  }
}

function* referencesOf(draft: Draft): Generator<[FieldDescription, string]> {
  for (const field of draft.sent) {
    const value = draft.values.get(field);
    if (field.type === 'reference' && typeof value === 'string') yield [field, value];
  }
}

/** The object a reference leads to, if its rows are kept here; otherwise the reference is only an id. */
function targetOf(field: FieldDescription, id: string): SObjectDescription | undefined {
  const byPrefix = objectOfId(id);
  const [only] = field.referenceTo ?? [];
  const target =
    byPrefix ?? (field.referenceTo?.length === 1 && only !== undefined ? findObject(only) : undefined);
  return target !== undefined && hasTable(target) ? target : undefined;
}

/** What makes a row of these objects able to own records. */
const OWNS: Readonly<Record<string, string>> = { User: 'is_active', Group: `type = 'Queue'` };

async function lookUp(
  tx: Tx,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  caller: Caller | undefined,
): Promise<Map<string, Target>> {
  const parts: string[] = [];
  const values: unknown[] = [];
  for (const [name, ids] of wanted) {
    const target = findObject(name);
    if (target === undefined) continue;
    const place = values.push([...ids]);
    // a row that is not shared with the caller answers as one that does not exist
    const shared = caller === undefined ? 'true' : rowCondition(caller, target, 'row', values);
    parts.push(
      `SELECT row.id, row.is_deleted, ${OWNS[name] ?? 'NULL::boolean'} AS owns
         FROM ${q(tableOf(target))} AS row WHERE row.id = ANY($${place}) AND ${shared}`,
    );
  }
  const rows = await tx.query<Target & { id: string }>(parts.join(' UNION ALL '), values);
  return new Map(rows.map(({ id, is_deleted, owns }) => [id, { is_deleted, owns }]));
}

function refusal(
  object: SObjectDescription,
  field: FieldDescription,
  id: string,
  target: Target | undefined,
  origin: Origin,
): RecordError | undefined {
  if (target === undefined) {
    return recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name]);
  }
  if (target.is_deleted) return recordError('ENTITY_IS_DELETED', 'entity is deleted', [field.name]);
  if (field.name !== 'OwnerId' || target.owns === true || origin !== 'api') return undefined;
  if (id.startsWith('005')) {
    return recordError(
      'INACTIVE_OWNER_OR_USER',
      `operation performed with inactive user [${id}] as owner of ${object.label.toLowerCase()}`,
      [field.name],
    );
  }
  // Only queues own records; a group or a role group never does (salesforce-data-api.md §21).
  return recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name]);
}
