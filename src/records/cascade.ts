/**
 * Children that go where their parent goes: into the Recycle Bin with it, and back (salesforce-data-api.md §10, §14).
 * Which ones says the parent's description (`cascadeDelete`). `deleted_with` remembers the record that was deleted, so
 * that its undelete brings back exactly what its deletion took.
 */
import type { SObjectDescription } from '../objects/language.js';
import { fieldOf, findObject } from '../objects/registry.js';
import { columnOf, hasTable, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { preparedName } from './store-sql.js';

/** A stored child object and the column that names its parent. */
export interface CascadeChild {
  readonly object: SObjectDescription;
  readonly parentColumn: string;
}

/** The children that a deletion takes along. */
export function cascadeChildrenOf(object: SObjectDescription): CascadeChild[] {
  return childrenOf(object, ({ cascadeDelete }) => cascadeDelete);
}

/** The children that forbid a deletion while they exist. */
export function restrictingChildrenOf(object: SObjectDescription): CascadeChild[] {
  return childrenOf(object, ({ restrictedDelete }) => restrictedDelete);
}

function childrenOf(
  object: SObjectDescription,
  wanted: (relationship: SObjectDescription['childRelationships'][number]) => boolean,
): CascadeChild[] {
  return object.childRelationships.filter(wanted).flatMap(({ childSObject, field }) => {
    const child = findObject(childSObject);
    const reference = child === undefined ? undefined : fieldOf(child, field);
    if (child === undefined || reference === undefined || !hasTable(child)) return [];
    return [{ object: child, parentColumn: columnOf(reference) }];
  });
}

/**
 * SET items for the audit columns the object has: $2 is the time, $3 who did it. A statement must use $3 elsewhere too
 * (`$3::text IS NOT NULL`), or PostgreSQL cannot type it for objects without these columns.
 */
export function auditSets(object: SObjectDescription, alias: string): string[] {
  const has = new Set(object.fields.map(({ name }) => name));
  const sets: string[] = [];
  if (has.has('SystemModstamp'))
    sets.push(`system_modstamp = greatest(${alias}.system_modstamp, $2::timestamptz)`);
  if (has.has('LastModifiedDate')) {
    sets.push(`last_modified_date = greatest(${alias}.last_modified_date, $2::timestamptz)`);
  }
  if (has.has('LastModifiedById')) sets.push('last_modified_by_id = $3');
  return sets;
}

/** When a row went: the same moment as its SystemModstamp, which getDeleted tells. */
export function deletedAt(object: SObjectDescription, alias: string): string {
  const stamped = object.fields.some(({ name }) => name === 'SystemModstamp');
  return stamped ? `greatest(${alias}.system_modstamp, $2::timestamptz)` : '$2::timestamptz';
}

interface Mark {
  readonly at: string;
  readonly userId: string;
}

/** Takes the children of freshly deleted `parents` along, and theirs; all statements are set-based. */
export async function deleteChildren(
  tx: Tx,
  object: SObjectDescription,
  parents: readonly string[],
  mark: Mark,
): Promise<void> {
  for (const { object: child, parentColumn } of cascadeChildrenOf(object)) {
    const sets = [
      'is_deleted = true',
      `deleted_at = ${deletedAt(child, 'row')}`,
      'deleted_with = parent.deleted_with',
      ...(child.flags.includes('undeletable') || object.flags.includes('undeletable')
        ? []
        : ['bin_emptied_at = $2::timestamptz']),
      ...auditSets(child, 'row'),
    ];
    const text = `WITH gone AS (
         UPDATE ${q(tableOf(child))} AS row SET ${sets.join(', ')} FROM ${q(tableOf(object))} AS parent
          WHERE row.${q(parentColumn)} = parent.id AND parent.id = ANY($1) AND NOT row.is_deleted
         RETURNING row.id
       ), noted AS (
         INSERT INTO change (object, record_id, kind, at) SELECT $4, id, 'delete', $2::timestamptz FROM gone
         WHERE $3::text IS NOT NULL
       )
       SELECT id FROM gone`;
    const values = [parents, mark.at, mark.userId, child.name];
    const rows = await tx.query<{ id: string }>(text, values, preparedName(text));
    if (rows.length > 0)
      await deleteChildren(
        tx,
        child,
        rows.map(({ id }) => id),
        mark,
      );
  }
}

/** Brings back the children that went with these `roots`, at any depth. */
export async function undeleteChildren(
  tx: Tx,
  object: SObjectDescription,
  roots: readonly string[],
  mark: Mark,
  seen: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const { object: child } of cascadeChildrenOf(object)) {
    if (seen.has(child.name)) continue;
    const sets = [
      'is_deleted = false',
      'deleted_at = NULL',
      'deleted_with = NULL',
      'bin_emptied_at = NULL',
      ...auditSets(child, 'row'),
    ];
    const rows = await tx.query<{ id: string }>(
      `WITH back AS (
         UPDATE ${q(tableOf(child))} AS row SET ${sets.join(', ')}
          WHERE row.is_deleted AND row.deleted_with = ANY($1) RETURNING row.id
       ), noted AS (
         INSERT INTO change (object, record_id, kind, at) SELECT $4, id, 'undelete', $2::timestamptz FROM back
         WHERE $3::text IS NOT NULL
       )
       SELECT id FROM back`,
      [roots, mark.at, mark.userId, child.name],
    );
    // Grandchildren carry the same root.
    if (rows.length > 0) await undeleteChildren(tx, child, roots, mark, new Set([...seen, object.name]));
  }
}
