/**
 * Manual shares (salesforce-data-api.md §3.3, §21): only rows of RowCause Manual are ever stored. Who has a row wholly
 * may share it, above the organization-wide default; sharing it again with the same principal changes the share there
 * is and gives its id.
 */
import { accessLevelsAbove } from '../access/sharing/levels.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import { isoOf } from '../clock.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldOf, findObject } from '../objects/registry.js';
import { idClassOf, idSequenceOf, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q, quoteLiteral } from '../store/sql.js';
import type { Draft } from './draft.js';
import type { Checking, Inserting, ObjectRules, Saving } from './object-rules.js';
import { recordError } from './result.js';

/** Groups a share or a rule may name; never a queue (§21). */
const SHAREABLE_GROUPS = `'Regular', 'Role', 'RoleAndSubordinates', 'RoleAndSubordinatesInternal', 'Organization'`;

export const shareRules: ObjectRules = {
  complete(saving) {
    completeCause(saving);
    if (saving.origin === 'api') refuseLevel(saving);
  },
  async check(tx, checking) {
    if (checking.operation !== 'create') return;
    if (checking.origin === 'api') await refuseParents(tx, checking);
    await refuseUnshareablePrincipals(tx, checking);
  },
  insert: insertOrMerge,
};

export const ownerSharingRuleRules: ObjectRules = {
  async check(tx, checking) {
    // the principal of a rule never changes
    if (checking.operation === 'create') await refuseUnshareablePrincipals(tx, checking);
  },
};

function completeCause({ operation, draft, value, set }: Saving): void {
  if (operation !== 'create') return;
  if (value('RowCause') === null) set('RowCause', 'Manual');
  if (value('RowCause') === 'Manual') return;
  draft.errors.push(
    recordError('FIELD_INTEGRITY_EXCEPTION', 'Row Cause: only rows with the cause Manual can be created', [
      'RowCause',
    ]),
  );
}

function refuseLevel({ caller, object, draft, value }: Saving): void {
  if (![...draft.sent].some(({ name }) => name === 'AccessLevel')) return;
  const level = value('AccessLevel');
  if (level === 'All') {
    draft.errors.push(
      recordError('INVALID_ACCESS_LEVEL', 'Custom Object Access: All cannot be given', ['AccessLevel']),
    );
    return;
  }
  const model = caller.access.sharing?.model(object.associate?.parent ?? '') ?? 'Private';
  if (accessLevelsAbove(model).includes(String(level))) return;
  draft.errors.push(
    recordError(
      'FIELD_FILTER_VALIDATION_EXCEPTION',
      `AccessLevel: ${String(level)} does not exceed the organization-wide default`,
      ['AccessLevel'],
    ),
  );
}

function textOf(object: SObjectDescription, draft: Draft, name: string): string {
  return String(draft.values.get(described(object, name)) ?? '');
}

function described(object: SObjectDescription, name: string): FieldDescription {
  const field = fieldOf(object, name);
  if (field === undefined) throw new Error(`${object.name} has no ${name}`);
  return field;
}

/** Refuses rows that are not wholly the caller's. Those the caller does not even see were refused as unknown before. */
async function refuseParents(tx: Tx, { caller, object, drafts }: Checking): Promise<void> {
  const parent = findObject(object.associate?.parent ?? '');
  if (parent === undefined) throw new Error(`${object.name} shares nothing`);
  const values: unknown[] = [drafts.map((draft) => textOf(object, draft, 'ParentId'))];
  const rows = await tx.query<{ id: string }>(
    `SELECT row.id FROM ${q(tableOf(parent))} AS row
      WHERE row.id = ANY($1) AND ${rowCondition(caller, parent, 'row', values, 'all')}`,
    values,
  );
  const own = new Set(rows.map(({ id }) => id));
  for (const draft of drafts) {
    const id = textOf(object, draft, 'ParentId');
    if (own.has(id)) continue;
    draft.errors.push(
      recordError(
        'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
        `insufficient access rights on cross-reference id: ${id}`,
        ['ParentId'],
      ),
    );
  }
}

async function refuseUnshareablePrincipals(tx: Tx, { object, drafts }: Checking): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM so_user WHERE id = ANY($1)
      UNION ALL SELECT id FROM so_group WHERE id = ANY($1) AND type IN (${SHAREABLE_GROUPS})`,
    [drafts.map((draft) => textOf(object, draft, 'UserOrGroupId'))],
  );
  const shareable = new Set(rows.map(({ id }) => id));
  for (const draft of drafts) {
    if (shareable.has(textOf(object, draft, 'UserOrGroupId'))) continue;
    draft.errors.push(
      recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', ['UserOrGroupId']),
    );
  }
}

/** One statement; a share that is there, or that another writer makes at this moment, gets the new level. */
async function insertOrMerge(tx: Tx, { caller, object, drafts, stamp }: Inserting): Promise<void> {
  const keyOf = (draft: Draft) =>
    `${textOf(object, draft, 'ParentId')} ${textOf(object, draft, 'UserOrGroupId')}`;
  // The last of a call wins; in one order, so that two calls never wait for each other in a circle.
  const wanted = [...new Map(drafts.map((draft) => [keyOf(draft), draft]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const rows = await tx.query<{ id: string; key: string }>(
    `WITH saved AS (
       INSERT INTO ${q(tableOf(object))} AS old
              (id, parent_id, user_or_group_id, access_level, row_cause, last_modified_date, last_modified_by_id)
       SELECT new_id(${quoteLiteral(object.idPrefix)}, nextval(${quoteLiteral(idSequenceOf(object))}), ${quoteLiteral(idClassOf(object))}),
              parent_id, user_or_group_id, access_level, row_cause, $2::timestamptz, $3
         FROM json_to_recordset($1::json)
           AS sent (parent_id text, user_or_group_id text, access_level text, row_cause text)
       ON CONFLICT (parent_id, user_or_group_id) WHERE NOT is_deleted DO UPDATE
          SET access_level = excluded.access_level, last_modified_by_id = excluded.last_modified_by_id,
              last_modified_date = greatest(old.last_modified_date, excluded.last_modified_date)
       RETURNING id, parent_id || ' ' || user_or_group_id AS key, xmax = 0 AS is_new
     ), noted AS (
       INSERT INTO change (object, record_id, kind, fields, at)
       SELECT $4, id, CASE WHEN is_new THEN 'create' ELSE 'update' END,
              CASE WHEN is_new THEN NULL ELSE '{AccessLevel}'::text[] END, $2::timestamptz FROM saved
     )
     SELECT id, key FROM saved`,
    [
      JSON.stringify(
        wanted.map(([, draft]) => ({
          parent_id: textOf(object, draft, 'ParentId'),
          user_or_group_id: textOf(object, draft, 'UserOrGroupId'),
          access_level: textOf(object, draft, 'AccessLevel'),
          row_cause: 'Manual',
        })),
      ),
      isoOf(stamp),
      caller.userId,
      object.name,
    ],
  );
  const ids = new Map(rows.map(({ id, key }) => [key, id]));
  for (const draft of drafts) draft.id = ids.get(keyOf(draft)) ?? null;
}
