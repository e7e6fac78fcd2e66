import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Access, createAccess } from '../src/access/access.js';
import { listClients } from '../src/access/clients.js';
import { seedDemoOrg } from '../src/demo-org.js';
import { type FirstStartResult, firstStart, firstStartLines } from '../src/first-start.js';
import { prepareOrganization } from '../src/prepare-organization.js';
import { type TestStore, testStore } from './support/store.js';

const ADDRESS = '127.0.0.1';

describe('the first start', () => {
  let store: TestStore;
  let access: Access;
  let first: FirstStartResult;

  beforeAll(async () => {
    store = await testStore();
    // several nodes may start at once
    const starts = await Promise.all([firstStart(store.db), firstStart(store.db), firstStart(store.db)]);
    expect(starts.filter(({ administrator }) => administrator !== undefined)).toHaveLength(1);
    first = starts.find(({ administrator }) => administrator !== undefined) ?? expect.fail();
    access = await createAccess({ db: store.db, sessionSeconds: 7200, cacheMs: 0 });
  });
  afterAll(async () => {
    await access.close();
    await store.close();
  });

  it('makes one organization, four profiles, an administrator and the user of automatic work', async () => {
    const counts = await store.db.query(
      `SELECT (SELECT count(*) FROM so_organization) AS organizations, (SELECT count(*) FROM so_profile) AS profiles,
              (SELECT count(*) FROM so_user) AS users, (SELECT count(*) FROM credential) AS credentials`,
    );
    expect(counts).toEqual([{ organizations: 1, profiles: 4, users: 2, credentials: 1 }]);
    const [organization] = await store.db.query<{ id: string; type: string }>(
      'SELECT id, organization_type AS type FROM so_organization',
    );
    expect(organization).toEqual({ id: first.organizationId, type: 'Developer Edition' });
  });

  it('generates a password, tells it once, and it works', async () => {
    const { username, generatedPassword = '', userId } = first.administrator ?? expect.fail();
    expect(firstStartLines(first).join('\n')).toContain(generatedPassword);
    expect(await access.login({ username, password: generatedPassword, address: ADDRESS })).toEqual({
      kind: 'ok',
      userId,
    });
    const again = await firstStart(store.db, { adminPassword: 'something else' });
    expect(again).toMatchObject({ organizationId: first.organizationId, administrator: undefined });
    expect(firstStartLines(again)).toEqual([]);
    expect(await access.login({ username, password: generatedPassword, address: ADDRESS })).toMatchObject({
      kind: 'ok',
    });
  });

  it('gives each profile its rights as rows', async () => {
    const rows = await store.db.query(
      `SELECT p.name AS profile, o.permissions_read AS "read", o.permissions_edit AS edit,
              o.permissions_view_all_records AS "viewAll",
              (SELECT count(*) FROM so_field_permissions f WHERE f.parent_id = ps.id
                AND f.sobject_type = 'LiveAgentSession' AND f.permissions_edit) AS "editableFields"
         FROM so_profile p JOIN so_permission_set ps ON ps.profile_id = p.id
         JOIN so_object_permissions o ON o.parent_id = ps.id AND o.sobject_type = 'LiveAgentSession'
        ORDER BY p.id`,
    );
    expect(rows).toEqual([
      { profile: 'System Administrator', read: true, edit: true, viewAll: true, editableFields: 12 },
      { profile: 'Chat Supervisor', read: true, edit: false, viewAll: true, editableFields: 0 },
      { profile: 'Chat Agent', read: true, edit: false, viewAll: false, editableFields: 0 },
      { profile: 'Integration (read)', read: true, edit: false, viewAll: true, editableFields: 0 },
    ]);
  });

  it('grants only what is new at later starts, and undoes nothing', async () => {
    const { db } = store;
    const count = 'SELECT count(*) AS n FROM so_field_permissions WHERE NOT is_deleted';
    const [before] = await db.query<{ n: number }>(count);
    // an administrator takes a right away, and a newer version brings a field
    await db.query(`DELETE FROM so_field_permissions WHERE field = 'LiveAgentSession.TimeIdle'`);
    await db.query(`DELETE FROM so_field_permissions WHERE field = 'LiveAgentSession.TimeInChats'`);
    await db.query(`DELETE FROM granted_by_default WHERE name = 'LiveAgentSession.TimeInChats'`);
    await firstStart(db);
    const [after] = await db.query<{ n: number }>(count);
    expect(after?.n).toBe((before?.n ?? 0) - 4);
  });

  it('seeds the public clients', async () => {
    expect(await listClients(store.db)).toMatchObject([
      { clientId: 'FloorwalkerConsole', isConfidential: false, rotatesRefreshTokens: true },
      { clientId: 'PlatformCLI', isConfidential: false, rotatesRefreshTokens: false },
    ]);
  });
});

describe('the demo', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await testStore();
  });
  afterAll(() => store.close());

  const config = { demo: true, demoPassword: 'floorwalker-demo-1', adminPassword: undefined };

  it('seeds its organization once and says how to use it', async () => {
    const first = await prepareOrganization(store.db, config);
    const lines = first.lines('http://127.0.0.1:8080').join('\n');
    for (const name of ['admin', 'supervisor', 'ana', 'ben']) {
      expect(lines).toContain(`${name}@floorwalker.demo`);
    }
    expect(lines).toContain('floorwalker-demo-1');
    expect(lines).toContain('ws://127.0.0.1:8080/live');
    const again = await prepareOrganization(store.db, config);
    expect(again.lines('http://127.0.0.1:8080').join('\n')).toBe(lines);
    const counts = await store.db.query(
      `SELECT (SELECT count(*) FROM so_live_chat_deployment) AS deployments,
              (SELECT count(*) FROM so_live_chat_button) AS buttons, (SELECT count(*) FROM so_skill) AS skills,
              (SELECT count(*) FROM credential) AS people`,
    );
    expect(counts).toEqual([{ deployments: 1, buttons: 1, skills: 1, people: 4 }]);
  });

  it('gives ana room for two chats and ben for three, both with the skill of the button', async () => {
    const rows = await store.db.query(
      `SELECT u.username, c.capacity, s.skill_id = b.skill_id AS skilled
         FROM so_user u JOIN so_live_chat_user_config_user j ON j.user_id = u.id
         JOIN so_live_chat_user_config c ON c.id = j.live_chat_user_config_id
         JOIN so_skill_user s ON s.user_id = u.id CROSS JOIN so_live_chat_button b ORDER BY u.username`,
    );
    expect(rows).toEqual([
      { username: 'ana@floorwalker.demo', capacity: 2, skilled: true },
      { username: 'ben@floorwalker.demo', capacity: 3, skilled: true },
    ]);
  });

  it('does not claim a password that is not the one it was made with', async () => {
    const demo = await seedDemoOrg(store.db, 'another-password');
    expect(demo.password).toBeUndefined();
  });

  it('lets everybody of it sign in', async () => {
    const access = await createAccess({ db: store.db, sessionSeconds: 7200 });
    const demo = await seedDemoOrg(store.db, config.demoPassword);
    for (const username of demo.usernames) {
      const login = await access.login({ username, password: config.demoPassword, address: ADDRESS });
      expect(login.kind).toBe('ok');
    }
    await access.close();
  });
});
