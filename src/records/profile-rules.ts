/**
 * Profiles and their permission sets: every profile owns one set, which carries its object and field permissions and
 * mirrors its system permissions, and which is changed only through the profile. A profile somebody has stays.
 */
import { fieldOf } from '../objects/registry.js';
import { systemPermissions } from '../objects/system-permissions.js';
import { columnOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { refusalOfLastAdministrator, type Withdrawn } from './last-administrator.js';
import type { Checking, ObjectRules, RefusedDeletes } from './object-rules.js';
import { type RecordError, recordError } from './result.js';
import { insufficientAccess } from './rows.js';

const BITS = systemPermissions.map((field) => q(columnOf(field)));
/** Id15 with an X before it: the name the platform gives the set of a profile. */
const SET_NAME = `'X' || left(p.id, 15)`;

const MANAGE_USERS = 'PermissionsManageUsers';

/** Refuses the drafts that take the right to manage users from a profile or a set, if nobody else has it. */
async function checkAdministrators(
  tx: Tx,
  { operation, object, drafts }: Checking,
  withdrawn: (ids: readonly string[]) => Withdrawn,
): Promise<void> {
  const bit = fieldOf(object, MANAGE_USERS);
  if (operation !== 'update' || bit === undefined) return;
  const losing = drafts.filter(({ values }) => values.get(bit) === false);
  if (losing.length === 0) return;
  const ids = losing.flatMap(({ id }) => (id === null ? [] : [id]));
  const refusal = await refusalOfLastAdministrator(tx, withdrawn(ids));
  if (refusal !== undefined) for (const draft of losing) draft.errors.push(refusal);
}

export const profileRules: ObjectRules = {
  check: (tx, checking) => checkAdministrators(tx, checking, (profiles) => ({ profiles })),
  async afterSave(tx, { ids }) {
    await tx.query(
      `INSERT INTO so_permission_set (name, name__key, label, label__key, profile_id, is_owned_by_profile, type,
              license_id, created_date, created_by_id, last_modified_date, last_modified_by_id, system_modstamp)
       SELECT ${SET_NAME}, upper(${SET_NAME}), left(p.id, 15), upper(left(p.id, 15)), p.id, true, 'Profile',
              p.user_license_id, p.created_date, p.created_by_id, p.last_modified_date, p.last_modified_by_id,
              p.system_modstamp
         FROM so_profile p
        WHERE p.id = ANY($1) AND NOT p.is_deleted
          AND NOT EXISTS (SELECT FROM so_permission_set s WHERE s.profile_id = p.id AND s.is_owned_by_profile)
        ORDER BY p.id`,
      [ids],
    );
    await tx.query(
      `UPDATE so_permission_set AS s
          SET ${BITS.map((bit) => `${bit} = p.${bit}`).join(', ')}, is_deleted = p.is_deleted,
              last_modified_date = p.last_modified_date, last_modified_by_id = p.last_modified_by_id,
              system_modstamp = greatest(s.system_modstamp, p.system_modstamp)
         FROM so_profile p
        WHERE p.id = ANY($1) AND s.profile_id = p.id AND s.is_owned_by_profile`,
      [ids],
    );
  },
  async refuseDelete(tx, ids): Promise<RefusedDeletes> {
    const used = await tx.query<{ id: string }>(
      'SELECT DISTINCT profile_id AS id FROM so_user WHERE profile_id = ANY($1) AND NOT is_deleted',
      [ids],
    );
    return new Map(
      used.map(({ id }) => [
        id,
        recordError(
          'DELETE_FAILED',
          `Your attempt to delete ${id} could not be completed because it is associated with users.`,
        ),
      ]),
    );
  },
};

const SET_PATTERN = /^[A-Za-z](?:_?[A-Za-z0-9])*$/;

export const permissionSetRules: ObjectRules = {
  check: (tx, checking) => checkAdministrators(tx, checking, (sets) => ({ sets })),
  reads: ['IsOwnedByProfile', 'Name'],
  complete({ operation, origin, draft, value, set }) {
    if (origin !== 'api') return;
    if (operation === 'update' && value('IsOwnedByProfile') === true) {
      draft.errors.push(insufficientAccess());
      return;
    }
    if (operation === 'create') set('IsCustom', true);
    if (!SET_PATTERN.test(String(value('Name') ?? ''))) {
      draft.errors.push(
        recordError(
          'FIELD_INTEGRITY_EXCEPTION',
          'Permission Set Name: letters, digits and single underscores, beginning with a letter',
          ['Name'],
        ),
      );
    }
  },
  async refuseDelete(tx, ids): Promise<RefusedDeletes> {
    const owned = await tx.query<{ id: string }>(
      'SELECT id FROM so_permission_set WHERE id = ANY($1) AND is_owned_by_profile',
      [ids],
    );
    const refusal = await refusalOfLastAdministrator(tx, { sets: ids });
    const last = refusal === undefined ? [] : ids.map((id): [string, RecordError] => [id, refusal]);
    return new Map([...last, ...owned.map(({ id }): [string, RecordError] => [id, insufficientAccess()])]);
  },
};

export const permissionSetAssignmentRules: ObjectRules = {
  reads: ['PermissionSetId'],
  complete({ operation, draft, value, set }) {
    if (operation !== 'create') return;
    set('IsActive', true);
    if (value('PermissionSetId') !== null) return;
    // groups of permission sets are not served
    draft.errors.push(
      recordError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [PermissionSetId]', [
        'PermissionSetId',
      ]),
    );
  },
  async refuseDelete(tx, ids): Promise<RefusedDeletes> {
    const ofProfiles = await tx.query<{ id: string }>(
      `SELECT a.id FROM so_permission_set_assignment a JOIN so_permission_set s ON s.id = a.permission_set_id
        WHERE a.id = ANY($1) AND s.is_owned_by_profile`,
      [ids],
    );
    const refusal = await refusalOfLastAdministrator(tx, { assignments: ids });
    const last = refusal === undefined ? [] : ids.map((id): [string, RecordError] => [id, refusal]);
    return new Map([
      ...last,
      ...ofProfiles.map(({ id }): [string, RecordError] => [id, insufficientAccess()]),
    ]);
  },
};

/** Lists the set of each user's profile among the user's assignments, as the platform does, and no other profile's. */
export async function keepProfileAssignments(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx.query(
    `DELETE FROM so_permission_set_assignment a USING so_permission_set s, so_user u
      WHERE u.id = ANY($1) AND a.assignee_id = u.id AND s.id = a.permission_set_id AND s.is_owned_by_profile
        AND s.profile_id <> u.profile_id`,
    [userIds],
  );
  await tx.query(
    `INSERT INTO so_permission_set_assignment (permission_set_id, assignee_id, is_active, system_modstamp)
     SELECT s.id, u.id, true, u.system_modstamp
       FROM so_user u JOIN so_permission_set s ON s.profile_id = u.profile_id AND s.is_owned_by_profile
      WHERE u.id = ANY($1) AND NOT u.is_deleted AND NOT EXISTS (
            SELECT FROM so_permission_set_assignment a
             WHERE a.assignee_id = u.id AND a.permission_set_id = s.id AND NOT a.is_deleted)
      ORDER BY u.id`,
    [userIds],
  );
}
