/**
 * Roles: each has two groups, its users and its users with those below, so that shares, rules and groups can name them
 * (salesforce-data-api.md §21). Nobody makes these groups by hand; they go with their role.
 */
import { fieldOf, findObject } from '../objects/registry.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import type { Checking, ObjectRules } from './object-rules.js';
import { keepGroupPrincipals } from './principals.js';
import { recordError } from './result.js';

export const userRoleRules: ObjectRules = {
  check: refuseCircles,
  async afterSave(tx, saved) {
    const groups = await tx.query<{ id: string }>(
      `INSERT INTO so_group AS g (name, name__key, developer_name, developer_name__key, type, related_id, owner_id,
              does_send_email_to_members, does_include_bosses, created_date, created_by_id, last_modified_date,
              last_modified_by_id, system_modstamp)
       SELECT left(r.name, 40), left(r.name__key, 40), r.developer_name, r.developer_name__key, kind.type, r.id,
              (SELECT id FROM so_organization ORDER BY id LIMIT 1), false, true, r.last_modified_date,
              r.last_modified_by_id, r.last_modified_date, r.last_modified_by_id, r.system_modstamp
         FROM so_user_role r CROSS JOIN (VALUES ('Role'), ('RoleAndSubordinates')) AS kind (type)
        WHERE r.id = ANY($1) AND NOT r.is_deleted
          AND NOT EXISTS (SELECT FROM so_group o WHERE o.related_id = r.id AND o.type = kind.type)
        ORDER BY r.id
       RETURNING id`,
      [saved.ids],
    );
    const kept = await tx.query<{ id: string }>(
      `UPDATE so_group AS g
          SET name = left(r.name, 40), name__key = left(r.name__key, 40), developer_name = r.developer_name,
              developer_name__key = r.developer_name__key, is_deleted = r.is_deleted,
              last_modified_date = r.last_modified_date, last_modified_by_id = r.last_modified_by_id,
              system_modstamp = greatest(g.system_modstamp, r.system_modstamp)
         FROM so_user_role r
        WHERE r.id = ANY($1) AND g.related_id = r.id AND g.type IN ('Role', 'RoleAndSubordinates')
       RETURNING g.id`,
      [saved.ids],
    );
    const group = findObject('Group');
    if (group === undefined) throw new Error('there are no groups');
    const all = [...groups, ...kept].map(({ id }) => id);
    await keepGroupPrincipals(tx, { ...saved, object: group, ids: all, fields: undefined });
  },
};

/** A role cannot stand above itself. */
async function refuseCircles(tx: Tx, { object, operation, drafts }: Checking): Promise<void> {
  const field = fieldOf(object, 'ParentRoleId');
  if (operation !== 'update' || field === undefined) return;
  const moved = new Map(
    drafts.flatMap((draft): [string, Draft][] =>
      draft.id !== null && draft.sent.has(field) ? [[draft.id, draft]] : [],
    ),
  );
  if (moved.size === 0) return;
  const rows = await tx.query<{ id: string; parent: string | null }>(
    'SELECT id, parent_role_id AS parent FROM so_user_role WHERE NOT is_deleted',
  );
  const parents = new Map(rows.map(({ id, parent }) => [id, parent]));
  for (const [id, { values }] of moved) parents.set(id, (values.get(field) ?? null) as string | null);
  for (const [id, draft] of moved) {
    const seen = new Set<string>([id]);
    for (let up = parents.get(id) ?? null; up !== null; up = parents.get(up) ?? null) {
      if (seen.has(up)) {
        draft.errors.push(
          recordError('FIELD_INTEGRITY_EXCEPTION', 'Parent Role ID: a role cannot stand above itself', [
            field.name,
          ]),
        );
        break;
      }
      seen.add(up);
    }
  }
}
