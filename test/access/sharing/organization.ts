/**
 * Organizations for tests of sharing: users in roles, groups within groups, queues, rules; and who reaches whom, worked
 * out the slow and obvious way. Knows nothing of src: it is what the expansion is compared with.
 */
import fc from 'fast-check';
import type { Database } from '../../../src/store/database.js';
import { id18 } from '../../../src/store/ids.js';

export type GroupType = 'Regular' | 'Queue' | 'Role' | 'RoleAndSubordinates' | 'Organization';
export type RuleObject = 'LiveAgentSession' | 'LiveChatTranscript';

/** Indexes into the lists of the organization. */
export interface Organization {
  /** The parent role of each, an earlier one. */
  readonly roles: readonly { readonly parent: number | undefined }[];
  readonly users: readonly { readonly role: number | undefined; readonly active: boolean }[];
  readonly groups: readonly {
    readonly type: GroupType;
    readonly role: number;
    readonly bosses: boolean;
    readonly users: readonly number[];
    readonly groups: readonly number[];
  }[];
  readonly rules: readonly {
    readonly object: RuleObject;
    readonly from: number;
    readonly to: { readonly user: number } | { readonly group: number };
    readonly level: 'Read' | 'Edit';
  }[];
}

export const userId = (index: number): string => idOf('005', index);
export const groupId = (index: number): string => idOf('00G', index);
/** Every user has a profile of their own. */
export const profileId = (index: number): string => idOf('00e', index);
export const roleId = (index: number): string => idOf('00E', index);

/** Ids as they are issued. */
export function idOf(prefix: string, index: number): string {
  return id18(`${prefix}FW0${String(index + 1).padStart(9, '0')}`);
}

const MAX = { roles: 6, users: 8, groups: 6 };

/** How much there is at least of everything. */
export interface Least {
  readonly roles: number;
  readonly users: number;
  readonly groups: number;
  readonly members: number;
  readonly rules: number;
}

const organizationsOf = (least: Least): fc.Arbitrary<Organization> =>
  fc
    .record({
      roles: fc.array(fc.option(fc.nat(MAX.roles), { nil: undefined }), {
        minLength: least.roles,
        maxLength: MAX.roles,
      }),
      users: fc.array(
        fc.record({ role: fc.option(fc.nat(MAX.roles), { nil: undefined }), active: fc.boolean() }),
        { minLength: least.users, maxLength: MAX.users },
      ),
      groups: fc.array(
        fc.record({
          type: fc.constantFrom<GroupType>(
            'Regular',
            'Regular',
            'Queue',
            'Role',
            'RoleAndSubordinates',
            'Organization',
          ),
          role: fc.nat(MAX.roles),
          bosses: fc.boolean(),
          users: fc.array(fc.nat(MAX.users), { maxLength: 3 }),
          groups: fc.array(fc.nat(MAX.groups), { minLength: least.members, maxLength: 2 }),
        }),
        { minLength: least.groups, maxLength: MAX.groups },
      ),
      rules: fc.array(
        fc.record({
          object: fc.constantFrom<RuleObject>('LiveAgentSession', 'LiveChatTranscript'),
          from: fc.nat(MAX.groups),
          toUser: fc.boolean(),
          to: fc.nat(MAX.users),
          level: fc.constantFrom<'Read' | 'Edit'>('Read', 'Edit'),
        }),
        { minLength: least.rules, maxLength: 4 },
      ),
    })
    .map(({ roles, users, groups, rules }) => {
      const inside = (count: number) => (index: number) => index % count;
      const unique = (list: readonly number[]) => [...new Set(list)];
      return {
        roles: roles.map((parent, index) => ({
          parent: parent === undefined || index === 0 ? undefined : parent % index,
        })),
        users: users.map(({ role, active }) => ({
          role: role === undefined ? undefined : role % roles.length,
          active,
        })),
        groups: groups.map((group) => {
          const membered = group.type === 'Regular' || group.type === 'Queue';
          return {
            ...group,
            role: group.role % roles.length,
            users: membered ? unique(group.users.map(inside(users.length))) : [],
            groups: membered ? unique(group.groups.map(inside(groups.length))) : [],
          };
        }),
        rules: rules.map(({ object, from, toUser, to, level }) => ({
          object,
          level,
          from: from % groups.length,
          to: toUser ? { user: to % users.length } : { group: to % groups.length },
        })),
      };
    });

/** Organizations of any size, small ones too. */
export const organizations = organizationsOf({ roles: 1, users: 2, groups: 1, members: 0, rules: 0 });

/** Organizations in which most ways to reach somebody's rows occur at once. */
export const busyOrganizations = organizationsOf({ roles: 3, users: 5, groups: 4, members: 1, rules: 3 });

// ---- who reaches whom, slowly --------------------------------------------------------------------------

/** Whether one role stands above another. */
function isRoleAbove({ roles }: Organization, boss: number | undefined, role: number | undefined): boolean {
  for (
    let up = role === undefined ? undefined : roles[role]?.parent;
    up !== undefined;
    up = roles[up]?.parent
  ) {
    if (up === boss) return true;
  }
  return false;
}

export function isAbove(org: Organization, boss: number, user: number): boolean {
  return isRoleAbove(org, org.users[boss]?.role, org.users[user]?.role);
}

export function isMember(org: Organization, group: number, user: number, seen = new Set<number>()): boolean {
  const one = org.groups[group];
  if (one === undefined || seen.has(group)) return false;
  seen.add(group);
  const role = org.users[user]?.role;
  if (one.type === 'Organization') return true;
  if (one.type === 'Role') return role === one.role;
  if (one.type === 'RoleAndSubordinates') return role === one.role || isRoleAbove(org, one.role, role);
  return one.users.includes(user) || one.groups.some((inner) => isMember(org, inner, user, seen));
}

/** Whether a share with the group reaches the user. */
export function groupReaches(org: Organization, group: number, user: number): boolean {
  if (isMember(org, group, user)) return true;
  const { type, bosses } = org.groups[group] as Organization['groups'][number];
  if (!bosses && (type === 'Regular' || type === 'Organization')) return false;
  return org.users.some((_, below) => isAbove(org, user, below) && isMember(org, group, below));
}

/** Ids of the principals that reach an active user, the user left out. */
export function principalsOf(org: Organization, user: number): string[] {
  if (org.users[user]?.active !== true) return [];
  const below = org.users.flatMap((_, other) => (isAbove(org, user, other) ? [userId(other)] : []));
  const groups = org.groups.flatMap((_, group) => (groupReaches(org, group, user) ? [groupId(group)] : []));
  return [...below, ...groups].sort();
}

export type Level = 0 | 1 | 2 | 3;

/** What an active user may do with rows of an owner: nothing, read, edit, all. */
export function levelOn(org: Organization, user: number, object: RuleObject, owner: Owner): Level {
  if ('user' in owner && owner.user === user) return 3;
  if ('user' in owner && isAbove(org, user, owner.user)) return 3;
  if ('queue' in owner && groupReaches(org, owner.queue, user)) return 3;
  let level: Level = 0;
  for (const rule of org.rules.filter((one) => one.object === object)) {
    const reached =
      'user' in rule.to
        ? rule.to.user === user || isAbove(org, user, rule.to.user)
        : groupReaches(org, rule.to.group, user);
    const queue = org.groups[rule.from]?.type === 'Queue';
    const owns =
      'queue' in owner ? queue && owner.queue === rule.from : !queue && isMember(org, rule.from, owner.user);
    if (reached && owns) level = Math.max(level, rule.level === 'Edit' ? 2 : 1) as Level;
  }
  return level;
}

export type Owner = { readonly user: number } | { readonly queue: number };

export const ownerId = (owner: Owner): string =>
  'user' in owner ? userId(owner.user) : groupId(owner.queue);

/** Everybody who can own rows. */
export function ownersIn(org: Organization): Owner[] {
  return [
    ...org.users.map((_, user) => ({ user })),
    ...org.groups.flatMap(({ type }, queue) => (type === 'Queue' ? [{ queue }] : [])),
  ];
}

// ---- into the database ---------------------------------------------------------------------------------

const TABLES = [
  'so_user',
  'so_user_role',
  'so_group',
  'so_group_member',
  'so_live_agent_session_owner_sharing_rule',
  'so_live_chat_transcript_owner_sharing_rule',
];

/** Rows into a table, behind the record engine's back. */
export async function insert(
  db: Database,
  table: string,
  columns: string,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  await db.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

/** Replaces users, roles, groups and rules by those of the organization. */
export async function store(db: Database, org: Organization): Promise<void> {
  await db.query(`TRUNCATE ${TABLES.join(', ')}`);
  await insert(
    db,
    'so_user_role',
    'id, parent_role_id',
    org.roles.map(({ parent }, index) => ({
      id: roleId(index),
      parent_role_id: parent === undefined ? null : roleId(parent),
    })),
  );
  await insert(
    db,
    'so_user',
    'id, user_role_id, is_active, username, profile_id',
    org.users.map(({ role, active }, index) => ({
      id: userId(index),
      user_role_id: role === undefined ? null : roleId(role),
      is_active: active,
      username: `user${index}@example.test`,
      profile_id: profileId(index),
    })),
  );
  await insert(
    db,
    'so_group',
    'id, type, related_id, does_include_bosses',
    org.groups.map(({ type, role, bosses }, index) => ({
      id: groupId(index),
      type,
      related_id: type.startsWith('Role') ? roleId(role) : null,
      does_include_bosses: bosses,
    })),
  );
  await insert(
    db,
    'so_group_member',
    'id, group_id, user_or_group_id',
    org.groups.flatMap(({ users, groups }, index) =>
      [...users.map(userId), ...groups.map(groupId)].map((member) => ({
        id: `${groupId(index)}${member}`,
        group_id: groupId(index),
        user_or_group_id: member,
      })),
    ),
  );
  for (const object of ['LiveAgentSession', 'LiveChatTranscript'] as const) {
    const table = object === 'LiveAgentSession' ? 'so_live_agent_session' : 'so_live_chat_transcript';
    await insert(
      db,
      `${table}_owner_sharing_rule`,
      'id, group_id, user_or_group_id, access_level',
      org.rules.flatMap(({ object: of, from, to, level }, index) =>
        of !== object
          ? []
          : [
              {
                id: `rule${index}`,
                group_id: groupId(from),
                user_or_group_id: 'user' in to ? userId(to.user) : groupId(to.group),
                access_level: level,
              },
            ],
      ),
    );
  }
  // Users are never deleted, so the expansion does not look for rows of such.
  for (const table of ['owner_access', 'principal_access']) {
    await db.query(`DELETE FROM ${table} WHERE user_id NOT IN (SELECT id FROM so_user)`);
  }
}
