/**
 * `principal`, the Name object: one row for each user, queue and group, so that an owner's name is one join whatever
 * kind of owner it is (DECISIONS 8). Kept in the transaction that writes the user or group.
 */
import type { Tx } from '../store/database.js';
import type { Saved } from './object-rules.js';

const USER_FIELDS = [
  'Name',
  'FirstName',
  'LastName',
  'Username',
  'Email',
  'Phone',
  'Title',
  'Alias',
  'ProfileId',
  'UserRoleId',
  'IsActive',
] as const;
const GROUP_FIELDS = ['Name', 'Type', 'Email'] as const;

function concerns(saved: Saved, fields: readonly string[]): boolean {
  return saved.fields === undefined || fields.some((field) => saved.fields?.has(field) === true);
}

export async function keepUserPrincipals(tx: Tx, saved: Saved): Promise<void> {
  if (!concerns(saved, USER_FIELDS)) return;
  await tx.query(
    `INSERT INTO principal AS p (id, kind, name, name_key, first_name, last_name, username, email, phone, title,
                                 alias, profile_id, user_role_id, is_active)
     SELECT id, 'User', coalesce(name, ''), coalesce(name__key, ''), first_name, last_name, username, email, phone,
            title, alias, profile_id, user_role_id, is_active AND NOT is_deleted
       FROM so_user WHERE id = ANY($1)
     ON CONFLICT (id) DO UPDATE SET
       name = excluded.name, name_key = excluded.name_key, first_name = excluded.first_name,
       last_name = excluded.last_name, username = excluded.username, email = excluded.email,
       phone = excluded.phone, title = excluded.title, alias = excluded.alias,
       profile_id = excluded.profile_id, user_role_id = excluded.user_role_id, is_active = excluded.is_active`,
    [saved.ids],
  );
}

export async function keepGroupPrincipals(tx: Tx, saved: Saved): Promise<void> {
  if (!concerns(saved, GROUP_FIELDS)) return;
  await tx.query(
    `INSERT INTO principal AS p (id, kind, name, name_key, email, is_active)
     SELECT id, CASE type WHEN 'Queue' THEN 'Queue' ELSE 'Group' END, coalesce(name, ''), coalesce(name__key, ''),
            email, NOT is_deleted
       FROM so_group WHERE id = ANY($1)
     ON CONFLICT (id) DO UPDATE SET
       kind = excluded.kind, name = excluded.name, name_key = excluded.name_key, email = excluded.email,
       is_active = excluded.is_active`,
    [saved.ids],
  );
}
