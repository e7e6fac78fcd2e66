/**
 * RecentlyViewed: what the caller looked at or came across last, of every object the caller may read; at most 200
 * records an object, for 90 days (salesforce-data-api.md §4.5). Records that are deleted or no longer shared are left out.
 */
import type { Caller } from '../../access/caller.js';
import { rowCondition } from '../../access/sharing/row-condition.js';
import type { SObjectDescription } from '../../objects/language.js';
import { fieldOf, findObject, nameFieldOf } from '../../objects/registry.js';
import { columnOf, hasTable, tableOf } from '../../store/columns.js';
import type { Queryable } from '../../store/database.js';
import { quoteIdentifier as q } from '../../store/sql.js';
import { readableField } from '../scope.js';
import type { ComputedRow } from './relation.js';

const RECORDS_MAX = 200;
const KEPT_DAYS = 90;

/** Fields that only people have; other records give null, and false for IsActive. */
const OF_PEOPLE = [
  'LastName',
  'FirstName',
  'Alias',
  'UserRoleId',
  'IsActive',
  'ProfileId',
  'Title',
  'Email',
  'Phone',
];

export async function recentlyViewedRows(db: Queryable, caller: Caller): Promise<readonly ComputedRow[]> {
  const seen = await db.query<{ object: string; ids: string[] }>(
    `SELECT object, array_agg(record_id) AS ids
       FROM (SELECT object, record_id, row_number() OVER (PARTITION BY object ORDER BY seen DESC, record_id) AS place
               FROM (SELECT object, record_id, greatest(viewed_at, referenced_at) AS seen
                       FROM recently_viewed WHERE user_id = $1) AS views
              WHERE seen > (SELECT floor_now()) - make_interval(days => $3)) AS newest
      WHERE place <= $2 GROUP BY object`,
    [caller.userId, RECORDS_MAX, KEPT_DAYS],
    'query.recently-viewed',
  );
  const rows = await Promise.all(
    seen.map(({ object: name, ids }) => {
      const object = findObject(name, caller.apiVersion);
      const open = object !== undefined && hasTable(object) && caller.access.object(object.name).read;
      return open ? rowsOf(db, caller, object, ids) : [];
    }),
  );
  return rows.flat();
}

async function rowsOf(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  ids: readonly string[],
): Promise<readonly ComputedRow[]> {
  const values: unknown[] = [ids];
  const named = nameFieldOf(object);
  const asked = [
    ...(named === undefined ? [] : [{ key: 'Name', field: named }]),
    ...(object.name === 'User' ? OF_PEOPLE : []).flatMap((key) => {
      const field = fieldOf(object, key);
      return field === undefined ? [] : [{ key, field }];
    }),
  ].filter(({ field }) => readableField(caller, object, field.name) !== undefined);
  const list = asked.map(({ key, field }) => `, row.${q(columnOf(field))} AS ${q(key)}`).join('');
  const found = await db.query<{ Id: string; Name?: string; Alias?: string }>(
    `SELECT row.id AS "Id"${list} FROM ${q(tableOf(object))} AS row
      WHERE row.id = ANY($1) AND NOT row.is_deleted AND ${rowCondition(caller, object, 'row', values)}`,
    values,
  );
  return found.map((row) => ({ ...row, Type: object.name, NameOrAlias: row.Alias ?? row.Name ?? null }));
}
