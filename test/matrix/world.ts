/**
 * One combination of everything that decides who may do what with sessions, and what follows from it, worked out row by
 * row without a line of src: profile, field permission, organization-wide default, roles, groups, queues, rules, manual
 * shares. `storeWorld` puts it into a database.
 */
import fc from 'fast-check';
import type { Database } from '../../src/store/database.js';
import {
  busyOrganizations,
  groupId,
  groupReaches,
  idOf,
  insert,
  isAbove,
  type Level,
  levelOn,
  type Organization,
  type Owner,
  ownerId,
  ownersIn,
  profileId,
  store,
  userId,
} from '../access/sharing/organization.js';

/** What a user's profile grants on LiveAgentSession, the strongest last. */
export type ProfileKind =
  | 'nothing'
  | 'read'
  | 'edit'
  | 'write'
  | 'viewAll'
  | 'modifyAll'
  | 'viewAllData'
  | 'modifyAllData';
/** The user's right to TimeIdle, the field whose permission varies. */
export type FieldKind = 'hidden' | 'readOnly' | 'editable';
export type Model = 'Private' | 'Read' | 'ReadWrite';

export interface Session {
  readonly owner: Owner;
  readonly deleted: boolean;
  readonly shares: readonly {
    readonly to: { readonly user: number } | { readonly group: number };
    readonly level: 'Read' | 'Edit';
  }[];
}

export interface World {
  readonly org: Organization;
  readonly model: Model;
  /** By user. */
  readonly profiles: readonly ProfileKind[];
  readonly fields: readonly FieldKind[];
  readonly sessions: readonly Session[];
}

export const sessionId = (index: number): string => idOf('0HK', index);
/** Each session has an agent of its own, so that the agent tells which session was read; nobody acts as one. */
export const agentId = (session: number): string => idOf('005', 1000 + session);
/** An id nobody was given. */
export const UNKNOWN_SESSION = idOf('0HK', 999_999);

const LEAST_SESSIONS = 4;
const MAX_SESSIONS = 7;

export const worlds: fc.Arbitrary<World> = busyOrganizations.chain((org) => {
  const everybody = { ...org, users: org.users.map((user) => ({ ...user, active: true })) };
  const owners = ownersIn(everybody);
  const shareable = org.groups.flatMap(({ type }, index) => (type === 'Queue' ? [] : [index]));
  const principals: Session['shares'][number]['to'][] = [
    ...org.users.map((_, user) => ({ user })),
    ...shareable.map((group) => ({ group })),
  ];
  const session = fc.record({
    owner: fc.constantFrom(...owners),
    deleted: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    shares: fc.uniqueArray(
      fc.record({
        to: fc.constantFrom(...principals),
        level: fc.constantFrom<'Read' | 'Edit'>('Read', 'Edit'),
      }),
      { maxLength: 2, selector: ({ to }) => JSON.stringify(to) },
    ),
  });
  const perUser = <T>(one: fc.Arbitrary<T>) =>
    fc.array(one, { minLength: org.users.length, maxLength: org.users.length });
  return fc.record({
    org: fc.constant(everybody),
    model: fc.constantFrom<Model>('Private', 'Private', 'Private', 'Read', 'ReadWrite'),
    profiles: perUser(
      fc.constantFrom<ProfileKind>(
        ...(['nothing', 'read', 'read', 'edit', 'edit', 'write', 'write', 'write'] as const),
        ...(['viewAll', 'modifyAll', 'viewAllData', 'modifyAllData'] as const),
      ),
    ),
    fields: perUser(fc.constantFrom<FieldKind>('hidden', 'readOnly', 'editable')),
    sessions: fc.array(session, { minLength: LEAST_SESSIONS, maxLength: MAX_SESSIONS }),
  });
});

// ---- what follows --------------------------------------------------------------------------------------

const CAN_READ: ReadonlySet<ProfileKind> = new Set<ProfileKind>([
  'read',
  'edit',
  'write',
  'viewAll',
  'modifyAll',
  'viewAllData',
  'modifyAllData',
]);
const CAN_EDIT: ReadonlySet<ProfileKind> = new Set<ProfileKind>([
  'edit',
  'write',
  'modifyAll',
  'modifyAllData',
]);
/** Here, whoever may delete may create. */
const CAN_DELETE: ReadonlySet<ProfileKind> = new Set<ProfileKind>(['write', 'modifyAll', 'modifyAllData']);

export const mayReadObject = ({ profiles }: World, user: number): boolean =>
  CAN_READ.has(profiles[user] as ProfileKind);

/** What sharing alone gives a user on a session: 0 nothing, 1 read, 2 edit, 3 all. */
function sharedLevel({ org, model, sessions }: World, user: number, session: number): Level {
  const { owner, shares } = sessions[session] as Session;
  const everybody: Level = model === 'Private' ? 0 : model === 'Read' ? 1 : 2;
  const given = shares
    .filter(({ to }) =>
      'user' in to ? to.user === user || isAbove(org, user, to.user) : groupReaches(org, to.group, user),
    )
    .map(({ level }): Level => (level === 'Edit' ? 2 : 1));
  return Math.max(everybody, levelOn(org, user, 'LiveAgentSession', owner), ...given) as Level;
}

export function levelOf(world: World, user: number, session: number): Level {
  const profile = world.profiles[user] as ProfileKind;
  if (profile === 'modifyAll' || profile === 'modifyAllData') return 3;
  const shared = sharedLevel(world, user, session);
  return profile === 'viewAll' || profile === 'viewAllData' ? (Math.max(shared, 1) as Level) : shared;
}

export const mayCreate = ({ profiles }: World, user: number): boolean =>
  CAN_DELETE.has(profiles[user] as ProfileKind);

export const mayRead = (world: World, user: number, session: number): boolean =>
  mayReadObject(world, user) && levelOf(world, user, session) >= 1;

export const mayEdit = (world: World, user: number, session: number): boolean =>
  CAN_EDIT.has(world.profiles[user] as ProfileKind) && levelOf(world, user, session) >= 2;

export const mayDelete = (world: World, user: number, session: number): boolean =>
  CAN_DELETE.has(world.profiles[user] as ProfileKind) && levelOf(world, user, session) >= 3;

// ---- into the database ---------------------------------------------------------------------------------

const TABLES = [
  'so_profile',
  'so_permission_set',
  'so_permission_set_assignment',
  'so_object_permissions',
  'so_field_permissions',
  'so_floor_object_setting',
  'so_live_agent_session',
  'so_live_agent_session_share',
  'so_live_agent_session_history',
  'recently_viewed',
];

const permissionSetId = (user: number): string => idOf('0PS', user);

/** Replaces everything that decides about sessions, and the sessions. Tokens and the organization stay. */
export async function storeWorld(db: Database, world: World): Promise<void> {
  const { org, model, profiles, fields, sessions } = world;
  const users = org.users.map((_, user) => user);
  await db.query(`TRUNCATE ${TABLES.join(', ')}`);
  await store(db, org);
  const has = (user: number, ...kinds: ProfileKind[]) => kinds.includes(profiles[user] as ProfileKind);
  const bits = (user: number) => ({
    permissions_view_all_data: has(user, 'viewAllData', 'modifyAllData'),
    permissions_modify_all_data: has(user, 'modifyAllData'),
    permissions_api_enabled: true,
  });
  await insert(
    db,
    'so_profile',
    'id, permissions_view_all_data, permissions_modify_all_data, permissions_api_enabled',
    users.map((user) => ({ id: profileId(user), ...bits(user) })),
  );
  await insert(
    db,
    'so_permission_set',
    'id, profile_id, is_owned_by_profile',
    users.map((user) => ({
      id: permissionSetId(user),
      profile_id: profileId(user),
      is_owned_by_profile: true,
    })),
  );
  await insert(
    db,
    'so_object_permissions',
    `id, parent_id, sobject_type, permissions_create, permissions_read, permissions_edit, permissions_delete,
     permissions_view_all_records, permissions_modify_all_records`,
    users.flatMap((user) =>
      has(user, 'nothing', 'viewAllData', 'modifyAllData')
        ? []
        : [
            {
              id: idOf('110', user),
              parent_id: permissionSetId(user),
              sobject_type: 'LiveAgentSession',
              permissions_create: has(user, 'write', 'modifyAll'),
              permissions_read: true,
              permissions_edit: has(user, 'edit', 'write', 'modifyAll'),
              permissions_delete: has(user, 'write', 'modifyAll'),
              permissions_view_all_records: has(user, 'viewAll', 'modifyAll'),
              permissions_modify_all_records: has(user, 'modifyAll'),
            },
          ],
    ),
  );
  await insert(
    db,
    'so_field_permissions',
    'id, parent_id, sobject_type, field, permissions_read, permissions_edit',
    users.flatMap((user) =>
      fields[user] === 'hidden'
        ? []
        : [
            {
              id: idOf('01k', user),
              parent_id: permissionSetId(user),
              sobject_type: 'LiveAgentSession',
              field: 'LiveAgentSession.TimeIdle',
              permissions_read: true,
              permissions_edit: fields[user] === 'editable',
            },
          ],
    ),
  );
  await insert(db, 'so_floor_object_setting', 'id, sobject_type, internal_sharing_model', [
    { id: 'setting', sobject_type: 'LiveAgentSession', internal_sharing_model: model },
  ]);
  await storeSessions(db, sessions);
  await insert(
    db,
    'so_user',
    'id, is_active, username',
    sessions.map((_, n) => ({ id: agentId(n), is_active: false, username: `agent${n}@example.test` })),
  );
  await db.query(
    `INSERT INTO recently_viewed (user_id, record_id, object, viewed_at, referenced_at)
     SELECT u.id, s.id, 'LiveAgentSession', (SELECT floor_now()), (SELECT floor_now())
       FROM so_user u CROSS JOIN so_live_agent_session s WHERE u.is_active
     ON CONFLICT DO NOTHING`, // the server writes its own as it goes
  );
  // Last, so that the index of words is read anew from these rows: nothing here went through the outbox.
  await db.query('DELETE FROM search_position');
}

/** Sessions, their shares and histories; also to undo what a test did to them. */
export async function storeSessions(db: Database, sessions: readonly Session[]): Promise<void> {
  await db.query(
    'TRUNCATE so_live_agent_session, so_live_agent_session_share, so_live_agent_session_history',
  );
  await db.query(
    `INSERT INTO so_live_agent_session (id, owner_id, name, created_date, created_by_id, last_modified_date,
            last_modified_by_id, system_modstamp, agent_id, login_time, logout_time, time_idle, is_deleted,
            deleted_at, deleted_with)
     SELECT id, owner, name, t.now, $2, t.now, $2, t.now, agent, t.now - n * interval '1 minute', t.now, 60 + n, deleted,
            CASE WHEN deleted THEN t.now END, CASE WHEN deleted THEN id END
       FROM json_to_recordset($1) AS s (id text, owner text, agent text, name text, n int, deleted boolean),
            (SELECT date_trunc('second', floor_now()) - interval '5 minutes' AS now) AS t`,
    [
      JSON.stringify(
        sessions.map(({ owner, deleted }, n) => ({
          id: sessionId(n),
          owner: ownerId(owner),
          agent: agentId(n),
          name: `Session${n}`,
          n,
          deleted,
        })),
      ),
      userId(0),
    ],
  );
  const shares = sessions.flatMap(({ shares: some, deleted }, n) =>
    some.map(({ to, level }, place) => ({
      id: idOf('02c', 900_000 + n * 10 + place),
      parent_id: sessionId(n),
      user_or_group_id: 'user' in to ? userId(to.user) : groupId(to.group),
      access_level: level,
      row_cause: 'Manual',
      is_deleted: deleted,
      deleted_with: deleted ? sessionId(n) : null,
    })),
  );
  await insert(
    db,
    'so_live_agent_session_share',
    'id, parent_id, user_or_group_id, access_level, row_cause, is_deleted, deleted_with',
    shares,
  );
  await insert(
    db,
    'so_live_agent_session_history',
    'id, live_agent_session_id, field, data_type, created_by_id, is_deleted',
    sessions.map(({ deleted }, n) => ({
      id: idOf('017', n),
      live_agent_session_id: sessionId(n),
      field: 'created',
      data_type: 'Text',
      created_by_id: userId(0),
      is_deleted: deleted,
    })),
  );
}
