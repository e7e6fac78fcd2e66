/**
 * What a user reaches, read from the expansion when a snapshot of rights is made. The arrays are made once an epoch and
 * user, and sent with every query of the user.
 */
import type { Queryable } from '../../store/database.js';
import {
  LEVEL_NUMBERS,
  type RowLevel,
  SHIPPED_SHARING_MODEL,
  type SharingModel,
  type SharingSnapshot,
} from './levels.js';

const MODELS = `
  SELECT sobject_type AS object, internal_sharing_model AS model FROM so_floor_object_setting WHERE NOT is_deleted`;

/** The organization-wide defaults that were decided, by object. */
export type SharingModels = ReadonlyMap<string, SharingModel>;

export async function loadModels(db: Queryable): Promise<SharingModels> {
  const rows = await db.query<{ object: string; model: SharingModel | null }>(MODELS, [], 'sharing.models');
  return new Map(rows.map(({ object, model }) => [object, model ?? SHIPPED_SHARING_MODEL]));
}

const OWNER_COUNTS = 'SELECT object, count(*) AS owners FROM row_owner GROUP BY object';

/** How many users and queues own rows, by object. */
export type OwnerCounts = ReadonlyMap<string, number>;

export async function loadOwnerCounts(db: Queryable): Promise<OwnerCounts> {
  const rows = await db.query<{ object: string; owners: number }>(OWNER_COUNTS, [], 'sharing.owner-counts');
  return new Map(rows.map(({ object, owners }) => [object, owners]));
}

const OWNERS = `
  SELECT object, level, array_agg(owner_id ORDER BY owner_id) AS owners FROM owner_access WHERE user_id = $1
   GROUP BY object, level`;
const PRINCIPALS = `
  SELECT coalesce(array_agg(principal_id ORDER BY principal_id), '{}') AS principals
    FROM principal_access WHERE user_id = $1`;

export interface UserSharing {
  readonly sharing: SharingSnapshot;
  /** The user, and every principal a share may name to reach the user. */
  readonly principals: readonly string[];
}

interface OwnersRow {
  /** '' stands for every object. */
  readonly object: string;
  readonly level: number;
  readonly owners: readonly string[];
}

/** What one user reaches. */
export async function loadUserSharing(
  db: Queryable,
  userId: string,
  models: SharingModels,
  ownerCounts: OwnerCounts = new Map(),
): Promise<UserSharing> {
  const [owned, [reached]] = await Promise.all([
    db.query<OwnersRow>(OWNERS, [userId], 'sharing.owners'),
    db.query<{ principals: string[] }>(PRINCIPALS, [userId], 'sharing.principals'),
  ]);
  const covered = createCoverage(db, userId);
  const sharing = sharingSnapshot(userId, owned, models, ownerCounts, covered.of);
  const wide = [...ownerCounts.keys()].filter((object) => sharing.reachesMost(object));
  await Promise.all(wide.map((object) => covered.look(object)));
  return { sharing, principals: [userId, ...(reached?.principals ?? [])] };
}

/** Fewer owners than this are few for everybody. */
const MANY_OWNERS = 8;

function sharingSnapshot(
  userId: string,
  rows: readonly OwnersRow[],
  models: SharingModels,
  ownerCounts: OwnerCounts,
  covered: (object: string) => number,
): SharingSnapshot {
  const known = new Map<string, readonly string[]>();
  const ownersOf = (object: string, level: RowLevel): readonly string[] => {
    const key = `${level} ${object}`;
    let owners = known.get(key);
    if (owners === undefined) {
      owners = ownersAt(userId, rows, object, level);
      known.set(key, owners);
    }
    return owners;
  };
  return {
    model: (object) => models.get(object) ?? SHIPPED_SHARING_MODEL,
    owners: ownersOf,
    // Some of the owners reached may own nothing: that makes a guess worse, and no row visible.
    reachesMost(object) {
      const all = ownerCounts.get(object) ?? 0;
      return all >= MANY_OWNERS && ownersOf(object, 'read').length * 2 >= all;
    },
    covered,
  };
}

function ownersAt(
  userId: string,
  rows: readonly OwnersRow[],
  object: string,
  level: RowLevel,
): readonly string[] {
  const counted = rows.filter(
    (row) => (row.object === '' || row.object === object) && row.level >= LEVEL_NUMBERS[level],
  );
  return [...new Set([userId, ...counted.flatMap(({ owners }) => owners)])];
}

const COVERED = `
  SELECT count(*) AS owners FROM row_owner AS every WHERE every.object = $2
  HAVING bool_and(every.owner_id = $1 OR every.owner_id IN (
           SELECT owner_id FROM owner_access WHERE user_id = $1 AND object IN ('', $2) AND level >= ${LEVEL_NUMBERS.read}))`;

/** A number that is too old makes statements slower, never wrong: an owner who came since is looked for anew. */
const COVERAGE_AGE_MAX_MS = 10_000;

interface Coverage {
  readonly of: (object: string) => number;
  /** Looks now. */
  readonly look: (object: string) => Promise<void>;
}

/** `SharingSnapshot.covered`, looked up again behind the back of who asks once it is old. */
function createCoverage(db: Queryable, userId: string): Coverage {
  const known = new Map<string, { readonly owners: number; until: number }>();
  const look = async (object: string) => {
    const [row] = await db.query<{ owners: number }>(COVERED, [userId, object], 'sharing.covered');
    known.set(object, { owners: row?.owners ?? -1, until: performance.now() + COVERAGE_AGE_MAX_MS });
  };
  return {
    look,
    of(object) {
      const one = known.get(object);
      if (one === undefined) return -1;
      if (one.until < performance.now()) {
        one.until = performance.now() + COVERAGE_AGE_MAX_MS;
        look(object).catch(() => undefined);
      }
      return one.owners;
    },
  };
}
