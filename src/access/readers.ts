/** Which users may read an object at all: asked about others than the caller, of whom there is no snapshot of rights. */
import type { SObjectDescription } from '../objects/language.js';
import type { Queryable } from '../store/database.js';
import { hasObjectPermissions } from './rights.js';

/** Permission sets that count for the user called `u`: the profile's own, and those assigned and not expired. */
const SETS = `
  SELECT s.id, s.is_owned_by_profile, s.permissions_view_all_data, s.permissions_modify_all_data
    FROM so_permission_set s WHERE s.profile_id = u.profile_id AND s.is_owned_by_profile AND NOT s.is_deleted
  UNION ALL
  SELECT s.id, s.is_owned_by_profile, s.permissions_view_all_data, s.permissions_modify_all_data
    FROM so_permission_set_assignment a JOIN so_permission_set s ON s.id = a.permission_set_id
   WHERE a.assignee_id = u.id AND NOT a.is_deleted AND NOT a.is_revoked AND NOT s.is_deleted
     AND NOT s.is_owned_by_profile
     AND (a.expiration_date IS NULL OR a.expiration_date > (SELECT floor_now()))`;

/** Those of the users whose permissions let them read rows of the object. */
export async function readersAmong(
  db: Queryable,
  object: SObjectDescription,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (userIds.length === 0 || !hasObjectPermissions(object)) return new Set(userIds);
  const rows = await db.query<{ id: string }>(
    `SELECT u.id FROM so_user u
      WHERE u.id = ANY($1) AND (
        EXISTS (SELECT FROM so_profile p WHERE p.id = u.profile_id AND NOT p.is_deleted
                   AND (p.permissions_view_all_data OR p.permissions_modify_all_data))
        OR EXISTS (
          SELECT FROM (${SETS}) AS s
           WHERE (NOT s.is_owned_by_profile AND (s.permissions_view_all_data OR s.permissions_modify_all_data))
              OR EXISTS (SELECT FROM so_object_permissions o
                          WHERE o.parent_id = s.id AND o.sobject_type = $2 AND o.permissions_read AND NOT o.is_deleted)))`,
    [userIds, object.name],
  );
  return new Set(rows.map(({ id }) => id));
}
