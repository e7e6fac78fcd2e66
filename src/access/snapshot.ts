/**
 * A user's rights at one epoch, loaded from the rows of profiles and permission sets. Users of the same permission
 * sets share one table of rights; a snapshot itself never changes.
 */
import { createHash } from 'node:crypto';
import { systemPermissions } from '../objects/system-permissions.js';
import { columnOf } from '../store/columns.js';
import { loadCustomFields } from '../store/custom-fields.js';
import type { Queryable } from '../store/database.js';
import { quoteIdentifier } from '../store/sql.js';
import type { AccessSnapshot, FieldRights, ObjectRights } from './caller.js';
import {
  ALL_OBJECT_RIGHTS,
  type EffectiveRights,
  effectiveRights,
  NO_FIELD_RIGHTS,
  NO_OBJECT_RIGHTS,
  type Permissions,
} from './rights.js';
import {
  loadModels,
  loadOwnerCounts,
  loadUserSharing,
  type OwnerCounts,
  type SharingModels,
  type UserSharing,
} from './sharing/user-sharing.js';
import { shapeOfSharing } from './sharing.js';

/** What all users of the same permission sets have in common. */
interface SharedRights extends EffectiveRights {
  readonly system: ReadonlySet<string>;
  readonly shape: string;
}

/** Profiles and permission sets a user has, as one key: their ids in order. */
interface Assigned {
  readonly profileId: string;
  /** The set that carries the profile's permissions, and those assigned. */
  readonly setIds: readonly string[];
  /** When the first assignment ends by itself; epoch milliseconds, null if none does. */
  readonly nextExpiry: number | null;
}

// The set behind a profile counts for those who have the profile, whatever assignments of it say.
const ASSIGNED = `
  SELECT ps.id, NULL::timestamptz AS expires
    FROM so_permission_set ps WHERE ps.profile_id = $2 AND ps.is_owned_by_profile AND NOT ps.is_deleted
  UNION ALL
  SELECT ps.id, a.expiration_date
    FROM so_permission_set_assignment a JOIN so_permission_set ps ON ps.id = a.permission_set_id
   WHERE a.assignee_id = $1 AND NOT a.is_deleted AND NOT a.is_revoked
     AND NOT ps.is_deleted AND NOT ps.is_owned_by_profile
     AND (a.expiration_date IS NULL OR a.expiration_date > (SELECT floor_now()))
   ORDER BY 1`;

const SYSTEM_COLUMNS = systemPermissions.map((field) => ({
  permission: field.name.replace(/^Permissions/, ''),
  column: quoteIdentifier(columnOf(field)),
}));

// A profile's own bits decide, not those of the set behind it: one place to change them.
const SYSTEM = `
  SELECT ${SYSTEM_COLUMNS.map(({ column }) => `coalesce(bool_or(${column}), false) AS ${column}`).join(', ')}
    FROM (SELECT ${SYSTEM_COLUMNS.map(({ column }) => column).join(', ')} FROM so_profile
           WHERE id = $1 AND NOT is_deleted
          UNION ALL
          SELECT ${SYSTEM_COLUMNS.map(({ column }) => column).join(', ')} FROM so_permission_set
           WHERE id = ANY ($2) AND NOT is_owned_by_profile) AS granted`;

const OBJECT_PERMISSIONS = `
  SELECT sobject_type AS object, bool_or(permissions_create) AS "create", bool_or(permissions_read) AS "read",
         bool_or(permissions_edit) AS edit, bool_or(permissions_delete) AS "delete",
         bool_or(permissions_view_all_records) AS "viewAll", bool_or(permissions_modify_all_records) AS "modifyAll"
    FROM so_object_permissions WHERE parent_id = ANY ($1) AND NOT is_deleted GROUP BY sobject_type`;

const FIELD_PERMISSIONS = `
  SELECT field, bool_or(permissions_read) AS "read", bool_or(permissions_edit) AS edit
    FROM so_field_permissions WHERE parent_id = ANY ($1) AND NOT is_deleted GROUP BY field`;

async function loadPermissions(db: Queryable, { profileId, setIds }: Assigned): Promise<Permissions> {
  const [[bits], objects, fields] = await Promise.all([
    db.query<Record<string, boolean>>(SYSTEM, [profileId, setIds], 'access.system'),
    db.query<ObjectRights & { object: string }>(OBJECT_PERMISSIONS, [setIds], 'access.objects'),
    db.query<FieldRights & { field: string }>(FIELD_PERMISSIONS, [setIds], 'access.fields'),
  ]);
  const system = SYSTEM_COLUMNS.filter(({ column }) => bits?.[column.slice(1, -1)] === true);
  return {
    system: new Set(system.map(({ permission }) => permission)),
    objects: new Map(objects.map(({ object, ...rights }) => [object, rights])),
    fields: new Map(fields.map(({ field, ...rights }) => [field, rights])),
  };
}

function shapeOf(system: ReadonlySet<string>, { objects, fields }: EffectiveRights): string {
  const said = JSON.stringify([[...system].sort(), [...objects], [...fields]]);
  return createHash('sha256').update(said).digest('base64url').slice(0, 16);
}

function share(permissions: Permissions): SharedRights {
  const rights = effectiveRights(permissions);
  return { ...rights, system: permissions.system, shape: shapeOf(permissions.system, rights) };
}

function snapshotOf(
  epoch: number,
  shared: SharedRights,
  { sharing, principals }: UserSharing,
  models: SharingModels,
): AccessSnapshot {
  return Object.freeze({
    epoch,
    object: (name: string) => shared.objects.get(name) ?? NO_OBJECT_RIGHTS,
    field: (object: string, field: string) => shared.fields.get(`${object}.${field}`) ?? NO_FIELD_RIGHTS,
    viewAllData: shared.system.has('ViewAllData') || shared.system.has('ModifyAllData'),
    modifyAllData: shared.system.has('ModifyAllData'),
    permits: (permission: string) => shared.system.has(permission),
    shape: `${shared.shape}${shapeOfSharing(models, sharing)}`,
    groupIds: principals,
    sharing,
  });
}

/** Everything allowed: for the server's own work, such as the first start. */
export function unlimitedAccess(userId: string): AccessSnapshot {
  const everything: FieldRights = { read: true, edit: true };
  return Object.freeze({
    epoch: 0,
    object: () => ALL_OBJECT_RIGHTS,
    field: () => everything,
    viewAllData: true,
    modifyAllData: true,
    permits: () => true,
    shape: 'unlimited',
    groupIds: [userId],
  });
}

export interface SnapshotRequest {
  readonly userId: string;
  readonly profileId: string;
  readonly epoch: number;
  /** Epoch milliseconds of floor_now(). */
  readonly now: number;
}

export interface Snapshots {
  /** The user's rights at that epoch; loaded once an epoch and user. */
  get(request: SnapshotRequest): Promise<AccessSnapshot>;
}

const MAX_USERS = 10_000;

/** What is the same for every user at one epoch. */
type Decided = readonly [models: SharingModels, ownerCounts: OwnerCounts];

/** A cache of snapshots, emptied whenever the epoch moves on. */
export function createSnapshots(db: Queryable): Snapshots {
  let epoch = -1;
  let users = new Map<string, { snapshot: Promise<AccessSnapshot>; until: number }>();
  let shared = new Map<string, Promise<SharedRights>>();
  let decided: Promise<Decided> | undefined;
  let described: Promise<void> | undefined;

  function currentlyDecided(): Promise<Decided> {
    if (decided === undefined) {
      const loading = Promise.all([loadModels(db), loadOwnerCounts(db)]);
      loading.catch(() => {
        if (decided === loading) decided = undefined;
      });
      decided = loading;
    }
    return decided;
  }

  /** Rights speak of fields: those of this epoch are described before its rights are read. */
  function currentlyDescribed(): Promise<void> {
    if (described === undefined) {
      const loading = loadCustomFields(db);
      loading.catch(() => {
        if (described === loading) described = undefined;
      });
      described = loading;
    }
    return described;
  }

  async function load({ userId, profileId, epoch: at }: SnapshotRequest, entry: { until: number }) {
    await currentlyDescribed();
    const rows = await db.query<{ id: string; expires: number | null }>(
      ASSIGNED,
      [userId, profileId],
      'access.assigned',
    );
    const expiries = rows.flatMap(({ expires }) => (expires === null ? [] : [expires]));
    const assigned: Assigned = {
      profileId,
      setIds: rows.map(({ id }) => id),
      nextExpiry: expiries.length === 0 ? null : Math.min(...expiries),
    };
    entry.until = assigned.nextExpiry ?? Number.POSITIVE_INFINITY;
    const key = [profileId, ...assigned.setIds].join(' ');
    let rights = shared.get(key);
    if (rights === undefined) {
      rights = loadPermissions(db, assigned).then(share);
      shared.set(key, rights);
      const current = shared;
      rights.catch(() => current.delete(key));
    }
    const [models, ownerCounts] = await currentlyDecided();
    const sharing = await loadUserSharing(db, userId, models, ownerCounts);
    return snapshotOf(at, await rights, sharing, models);
  }

  return {
    get(request) {
      if (request.epoch > epoch) {
        epoch = request.epoch;
        users = new Map();
        shared = new Map();
        decided = undefined;
        described = undefined;
      }
      const known = users.get(request.userId);
      if (known !== undefined && known.until > request.now) return known.snapshot;
      const entry = { until: Number.POSITIVE_INFINITY } as {
        snapshot: Promise<AccessSnapshot>;
        until: number;
      };
      entry.snapshot = load(request, entry);
      if (users.size >= MAX_USERS) users.clear();
      users.set(request.userId, entry);
      const current = users;
      entry.snapshot.catch(() => current.delete(request.userId));
      return entry.snapshot;
    },
  };
}
