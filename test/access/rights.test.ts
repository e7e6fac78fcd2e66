/** Rights out of permission rows: per object, per field, per system permission. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessSnapshot } from '../../src/access/caller.js';
import { changesRights, raiseEpoch, settleRights } from '../../src/access/epoch.js';
import { type AccessServer, ADMIN, ANA, accessServer } from '../support/access-server.js';
import { setFloorTime } from '../support/time.js';

const SUPERVISOR = 'supervisor@floorwalker.demo';
let server: AccessServer;

beforeAll(async () => {
  server = await accessServer();
});
afterAll(() => server.close());

async function idOf(username: string): Promise<string> {
  const [row] = await server.store.db.query<{ id: string }>('SELECT id FROM so_user WHERE username = $1', [
    username,
  ]);
  return row?.id ?? expect.fail();
}

async function rightsOf(username: string): Promise<AccessSnapshot> {
  const caller = await server.access.callerFor(await idOf(username));
  return caller?.access ?? expect.fail();
}

/** Changes rows as the record engine would: with a raised epoch. */
async function change(sql: string, values: readonly unknown[] = []): Promise<void> {
  const epoch = await server.store.db.tx(async (tx) => {
    await tx.query(sql, values);
    return raiseEpoch(tx);
  });
  await settleRights(server.store.db, epoch);
}

const ALL = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };
const NONE = { create: false, read: false, edit: false, delete: false, viewAll: false, modifyAll: false };

describe('an administrator', () => {
  it('may do everything with every object, but only edit fields that are not read-only', async () => {
    const access = await rightsOf(ADMIN);
    for (const name of ['LiveAgentSession', 'LiveChatTranscript', 'User', 'Profile', 'LiveChatButton']) {
      expect(access.object(name), name).toEqual(ALL);
    }
    expect(access.field('LiveAgentSession', 'TimeIdle')).toEqual({ read: true, edit: true });
    expect(access.field('LiveChatVisitor', 'SessionKey')).toEqual({ read: true, edit: false });
    expect(access.viewAllData && access.modifyAllData).toBe(true);
    expect(access.permits('ManageUsers')).toBe(true);
    expect(access.permits('TwoFactorApi')).toBe(false);
  });
});

describe('an agent', () => {
  it('reads sessions and transcripts, and writes neither them nor the set-up', async () => {
    const access = await rightsOf(ANA);
    expect(access.object('LiveAgentSession')).toEqual({ ...NONE, read: true });
    expect(access.field('LiveAgentSession', 'TimeIdle')).toEqual({ read: true, edit: false });
    expect(access.field('LiveAgentSession', 'AgentId')).toEqual({ read: true, edit: false });
    expect(access.object('User')).toEqual({ ...NONE, read: true, viewAll: true });
    expect(access.object('LiveChatButton')).toMatchObject({ read: true, edit: false });
    expect(access.object('PermissionSet')).toEqual(NONE);
    expect(access.field('PermissionSet', 'Name')).toEqual({ read: false, edit: false });
    expect(access.viewAllData || access.modifyAllData).toBe(false);
  });

  it('has no rights on what does not exist', async () => {
    const access = await rightsOf(ANA);
    expect(access.object('Nothing')).toEqual(NONE);
    expect(access.field('LiveAgentSession', 'Nothing')).toEqual({ read: false, edit: false });
    expect(access.object('constructor')).toEqual(NONE);
  });
});

describe('rights', () => {
  it('have one shape for users of the same rights, another where anything differs', async () => {
    const [ana, ben, supervisor] = await Promise.all(
      [ANA, 'ben@floorwalker.demo', SUPERVISOR].map((name) => rightsOf(name)),
    );
    expect(ana?.shape).toBe(ben?.shape);
    expect(ana?.shape).not.toBe(supervisor?.shape);
  });

  it('follow the rows: a hidden field, a read-only one, an object taken away', async () => {
    const set = `(SELECT id FROM so_permission_set WHERE profile_id =
      (SELECT profile_id FROM so_user WHERE username = '${SUPERVISOR}') AND is_owned_by_profile)`;
    const before = await rightsOf(SUPERVISOR);
    await change(
      `DELETE FROM so_field_permissions WHERE parent_id = ${set} AND field = 'LiveAgentSession.TimeIdle'`,
    );
    const after = await rightsOf(SUPERVISOR);
    expect(after.field('LiveAgentSession', 'TimeIdle')).toEqual({ read: false, edit: false });
    expect(after.field('LiveAgentSession', 'TimeInChats')).toEqual({ read: true, edit: false });
    expect(after.epoch).toBe(before.epoch + 1);
    expect(after.shape).not.toBe(before.shape);

    await change(
      `DELETE FROM so_object_permissions WHERE parent_id = ${set} AND sobject_type = 'LiveAgentSession'`,
    );
    const bare = await rightsOf(SUPERVISOR);
    expect(bare.object('LiveAgentSession')).toEqual(NONE);
    expect(bare.field('LiveAgentSession', 'TimeInChats')).toEqual({ read: false, edit: false });
    expect(bare.field('LiveAgentSession', 'Id')).toEqual({ read: false, edit: false });
  });

  it('of an assigned permission set come on top, until the assignment ends', async () => {
    const { db } = server.store;
    const userId = await idOf(ANA);
    const [row] = await db.query<{ id: string }>(
      `INSERT INTO so_permission_set (name, permissions_manage_users) VALUES ('Editors', true) RETURNING id`,
    );
    const setId = row?.id;
    await db.query(
      `INSERT INTO so_object_permissions (parent_id, sobject_type, permissions_read, permissions_edit)
       VALUES ($1, 'LiveAgentSession', true, true)`,
      [setId],
    );
    await db.query(
      `INSERT INTO so_field_permissions (parent_id, sobject_type, field, permissions_read, permissions_edit)
       VALUES ($1, 'LiveAgentSession', 'LiveAgentSession.TimeIdle', true, true)`,
      [setId],
    );
    await change(
      `INSERT INTO so_permission_set_assignment (assignee_id, permission_set_id, expiration_date)
       VALUES ($1, $2, (SELECT floor_now()) + interval '1 hour')`,
      [userId, setId],
    );
    const granted = await rightsOf(ANA);
    expect(granted.object('LiveAgentSession')).toEqual({ ...NONE, read: true, edit: true });
    expect(granted.field('LiveAgentSession', 'TimeIdle')).toEqual({ read: true, edit: true });
    expect(granted.field('LiveAgentSession', 'TimeInChats')).toEqual({ read: true, edit: false });
    expect(granted.field('LiveAgentSession', 'LoginTime')).toEqual({ read: true, edit: true });
    expect(granted.object('User')).toMatchObject({ edit: true });

    // a deleted set grants nothing, an undeleted one does again
    await change('UPDATE so_permission_set SET is_deleted = true WHERE id = $1', [setId]);
    expect((await rightsOf(ANA)).object('LiveAgentSession').edit).toBe(false);
    await change('UPDATE so_permission_set SET is_deleted = false WHERE id = $1', [setId]);
    expect((await rightsOf(ANA)).object('LiveAgentSession').edit).toBe(true);

    // nothing changes but the time
    await setFloorTime(db, { offsetMs: 3_601_000 });
    const ended = await rightsOf(ANA);
    expect(ended.object('LiveAgentSession')).toEqual({ ...NONE, read: true });
    expect(ended.object('User')).toMatchObject({ edit: false });
  });

  it('of a profile go only to those who have it, even if its own set is assigned to somebody', async () => {
    const { db } = server.store;
    const [row] = await db.query<{ id: string }>(
      `SELECT ps.id FROM so_permission_set ps JOIN so_user u ON u.profile_id = ps.profile_id
        WHERE u.username = $1 AND ps.is_owned_by_profile`,
      [ADMIN],
    );
    await change(
      'INSERT INTO so_permission_set_assignment (assignee_id, permission_set_id) VALUES ($1, $2)',
      [await idOf('ben@floorwalker.demo'), row?.id],
    );
    expect((await rightsOf('ben@floorwalker.demo')).object('LiveAgentSession').edit).toBe(false);
  });

  it('View All Data reads every object, Modify All Data writes them', async () => {
    const profile = `UPDATE so_profile SET permissions_view_all_data = $1, permissions_modify_all_data = $2
      WHERE id = (SELECT profile_id FROM so_user WHERE username = '${SUPERVISOR}')`;
    await change(profile, [true, false]);
    expect((await rightsOf(SUPERVISOR)).object('LiveAgentSession')).toEqual({
      ...NONE,
      read: true,
      viewAll: true,
    });
    await change(profile, [false, true]);
    expect((await rightsOf(SUPERVISOR)).object('LiveAgentSession')).toEqual(ALL);
    // fields still need their own permission
    expect((await rightsOf(SUPERVISOR)).field('LiveAgentSession', 'TimeIdle').read).toBe(false);
    await change(profile, [false, false]);
  });
});

describe('a snapshot', () => {
  it('is loaded once an epoch, not once a call', async () => {
    await change('SELECT 1');
    const userId = await idOf(ADMIN);
    await server.access.callerFor(userId);
    server.store.statements.length = 0;
    for (let call = 0; call < 5; call++) await server.access.callerFor(userId);
    expect(server.store.statements).toHaveLength(5);
  });
});

describe('a write changes rights', () => {
  it.each([
    ['PermissionSetAssignment', ['ExpirationDate'], true],
    ['Profile', undefined, true],
    ['GroupMember', undefined, true],
    ['User', undefined, true],
    ['User', ['IsActive'], true],
    ['User', ['Phone', 'ProfileId'], true],
    ['User', ['Phone'], false],
    ['LiveAgentSession', undefined, false],
    ['LiveChatButton', ['PushTimeout'], false],
  ] as const)('%s %j: %s', (object, fields, expected) => {
    expect(changesRights(object, fields)).toBe(expected);
  });
});
