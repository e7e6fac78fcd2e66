/**
 * From roles, groups, queues and owner sharing rules to what each user reaches: the principals a share may name to
 * reach the user, and the owners whose rows are open (salesforce-data-api.md §21). One statement works it out for a
 * batch of users and writes what differs, so running it again changes nothing.
 *
 * Who is above whom is decided by roles: everybody in a role above the role of a row's owner has the owner's access, and
 * reaches what was shared with those below, unless it was shared with a public group that leaves their bosses out.
 */
import { tableOf } from '../../store/columns.js';
import type { Tx } from '../../store/database.js';
import { quoteIdentifier as q, quoteLiteral } from '../../store/sql.js';
import { LEVEL_NUMBERS } from './levels.js';
import { ruleObjects } from './shared-objects.js';

/** Groups that always reach the bosses of their members; others do if they say so (Group.DoesIncludeBosses). */
const REACHING_BOSSES = `'Queue', 'Role', 'RoleAndSubordinates', 'RoleAndSubordinatesInternal'`;

/** Every common table expression up to `reach` and `wanted`; $1 are the users of the batch. */
function expansionSql(): string {
  return `
  -- a role and each role above it
  role_above (role, boss) AS (
    SELECT id, parent_role_id FROM so_user_role WHERE parent_role_id IS NOT NULL AND NOT is_deleted
    UNION
    SELECT a.role, r.parent_role_id FROM role_above a JOIN so_user_role r ON r.id = a.boss
     WHERE r.parent_role_id IS NOT NULL AND NOT r.is_deleted
  ),
  -- a group, itself and each group inside it
  group_inside (outer_id, inner_id) AS (
    SELECT id, id FROM so_group WHERE NOT is_deleted
    UNION
    SELECT g.outer_id, i.id FROM group_inside g
      JOIN so_group_member m ON m.group_id = g.inner_id AND NOT m.is_deleted
      JOIN so_group i ON i.id = m.user_or_group_id AND NOT i.is_deleted
  ),
  group_role (group_id, role) AS (
    SELECT id, related_id FROM so_group
     WHERE NOT is_deleted AND type IN ('Role', 'RoleAndSubordinates', 'RoleAndSubordinatesInternal')
    UNION
    SELECT g.id, a.role FROM so_group g JOIN role_above a ON a.boss = g.related_id
     WHERE NOT g.is_deleted AND g.type IN ('RoleAndSubordinates', 'RoleAndSubordinatesInternal')
  ),
  direct_member (group_id, user_id) AS (
    SELECT m.group_id, u.id FROM so_group_member m JOIN so_user u ON u.id = m.user_or_group_id WHERE NOT m.is_deleted
    UNION ALL
    SELECT g.group_id, u.id FROM group_role g JOIN so_user u ON u.user_role_id = g.role
    UNION ALL
    SELECT g.id, u.id FROM so_group g CROSS JOIN so_user u WHERE g.type = 'Organization' AND NOT g.is_deleted
  ),
  member (group_id, user_id) AS MATERIALIZED (
    SELECT DISTINCT i.outer_id, d.user_id FROM group_inside i JOIN direct_member d ON d.group_id = i.inner_id
  ),
  -- roles in which somebody is in a group that reaches bosses
  group_below (role, group_id) AS MATERIALIZED (
    SELECT DISTINCT u.user_role_id, m.group_id
      FROM member m JOIN so_group g ON g.id = m.group_id JOIN so_user u ON u.id = m.user_id
     WHERE u.user_role_id IS NOT NULL AND (g.does_include_bosses OR g.type IN (${REACHING_BOSSES}))
  ),
  receiver (user_id, role) AS (
    SELECT id, user_role_id FROM so_user WHERE id = ANY($1) AND is_active AND NOT is_deleted
  ),
  reach (user_id, principal_id) AS MATERIALIZED (
    SELECT m.user_id, m.group_id FROM member m JOIN receiver r ON r.user_id = m.user_id
    UNION
    SELECT r.user_id, g.group_id
      FROM receiver r JOIN role_above a ON a.boss = r.role JOIN group_below g ON g.role = a.role
    UNION
    SELECT r.user_id, u.id
      FROM receiver r JOIN role_above a ON a.boss = r.role JOIN so_user u ON u.user_role_id = a.role
     WHERE u.id <> r.user_id
  ),
  granted (user_id, object, owner_id, level) AS (
    -- rows of those below, and of queues, wholly
    SELECT c.user_id, '', c.principal_id, ${LEVEL_NUMBERS.all}
      FROM reach c LEFT JOIN so_group g ON g.id = c.principal_id
     WHERE g.id IS NULL OR g.type = 'Queue'${ruleObjects().map(grantedByRules).join('')}
  ),
  wanted (user_id, object, owner_id, level) AS MATERIALIZED (
    SELECT user_id, object, owner_id, max(level) FROM granted WHERE owner_id <> user_id GROUP BY 1, 2, 3
  )`;
}

/** What the rules of one object grant: rows owned by a queue, or by the members of any other group. */
function grantedByRules({ object, rule }: ReturnType<typeof ruleObjects>[number]): string {
  const level = `CASE rule.access_level WHEN 'Edit' THEN ${LEVEL_NUMBERS.edit} ELSE ${LEVEL_NUMBERS.read} END`;
  const table = q(tableOf(rule));
  return `
    UNION ALL
    SELECT c.user_id, ${quoteLiteral(object.name)}, o.owner_id, ${level}
      FROM ${table} AS rule
      JOIN (SELECT user_id, principal_id FROM reach UNION ALL SELECT user_id, user_id FROM receiver) AS c
        ON c.principal_id = rule.user_or_group_id
      JOIN (SELECT m.group_id, m.user_id AS owner_id FROM member m JOIN so_group g ON g.id = m.group_id AND g.type <> 'Queue'
            UNION ALL
            SELECT id, id FROM so_group WHERE type = 'Queue' AND NOT is_deleted) AS o ON o.group_id = rule.group_id
     WHERE NOT rule.is_deleted`;
}

/** Writes what these users reach now; gives the number of rows added, changed and removed. */
export async function expandUsers(tx: Tx, userIds: readonly string[]): Promise<number> {
  const [row] = await tx.query<{ written: number }>(EXPAND_USERS(), [userIds], 'sharing.expand');
  return row?.written ?? 0;
}

let text: string | undefined;
function EXPAND_USERS(): string {
  text ??= `WITH RECURSIVE ${expansionSql()},
  lost AS (
    DELETE FROM owner_access a WHERE a.user_id = ANY($1)
       AND NOT EXISTS (SELECT 1 FROM wanted w
                        WHERE w.user_id = a.user_id AND w.object = a.object AND w.owner_id = a.owner_id)
    RETURNING 1
  ),
  gained AS (
    INSERT INTO owner_access (user_id, object, owner_id, level)
    SELECT w.user_id, w.object, w.owner_id, w.level FROM wanted w
     WHERE NOT EXISTS (SELECT 1 FROM owner_access a WHERE a.user_id = w.user_id AND a.object = w.object
                          AND a.owner_id = w.owner_id AND a.level = w.level)
        ON CONFLICT (user_id, object, owner_id) DO UPDATE SET level = excluded.level
    RETURNING 1
  ),
  left_behind AS (
    DELETE FROM principal_access p WHERE p.user_id = ANY($1)
       AND NOT EXISTS (SELECT 1 FROM reach c WHERE c.user_id = p.user_id AND c.principal_id = p.principal_id)
    RETURNING 1
  ),
  joined AS (
    INSERT INTO principal_access (user_id, principal_id)
    SELECT c.user_id, c.principal_id FROM reach c
     WHERE NOT EXISTS (SELECT 1 FROM principal_access p
                        WHERE p.user_id = c.user_id AND p.principal_id = c.principal_id)
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM lost) + (SELECT count(*) FROM gained)
       + (SELECT count(*) FROM left_behind) + (SELECT count(*) FROM joined) AS written`;
  return text;
}
