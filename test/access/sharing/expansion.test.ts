/** Who reaches whom: the expansion in SQL against the slow model, for organizations nobody wrote. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recalculateSharing } from '../../../src/access/sharing/recalculation.js';
import { type TestStore, testStore } from '../../support/store.js';
import {
  groupId,
  levelOn,
  type Organization,
  organizations,
  ownerId,
  ownersIn,
  principalsOf,
  store,
  userId,
} from './organization.js';

let test: TestStore;
beforeAll(async () => {
  test = await testStore();
});
afterAll(() => test.close());

const request = (principal: string | null = null) =>
  test.db.query(
    'INSERT INTO sharing_job (cause, principal_id, requested_at) VALUES ($1, $2, (SELECT floor_now()))',
    ['test', principal],
  );

async function recalculated() {
  await request();
  return (await recalculateSharing(test.db)) ?? expect.fail('nothing was open');
}

/** Everything the expansion says, as text to compare. */
async function stored(): Promise<{ principals: string[]; owners: string[] }> {
  const principals = await test.db.query<{ line: string }>(
    `SELECT user_id || ' ' || principal_id AS line FROM principal_access`,
  );
  const owners = await test.db.query<{ line: string }>(
    `SELECT user_id || ' ' || o.object || ' ' || owner_id || ' ' || max(level) AS line
       FROM owner_access a JOIN (VALUES ('LiveAgentSession'), ('LiveChatTranscript')) AS o(object)
         ON a.object IN ('', o.object) GROUP BY user_id, o.object, owner_id`,
  );
  return {
    principals: principals.map(({ line }) => line).sort(),
    owners: owners.map(({ line }) => line).sort(),
  };
}

function expected(org: Organization): { principals: string[]; owners: string[] } {
  const active = org.users.flatMap((user, index) => (user.active ? [index] : []));
  return {
    principals: active.flatMap((user) => principalsOf(org, user).map((id) => `${userId(user)} ${id}`)).sort(),
    owners: active
      .flatMap((user) =>
        (['LiveAgentSession', 'LiveChatTranscript'] as const).flatMap((object) =>
          ownersIn(org).flatMap((owner) => {
            const level = levelOn(org, user, object, owner);
            const own = 'user' in owner && owner.user === user;
            return level === 0 || own ? [] : [`${userId(user)} ${object} ${ownerId(owner)} ${level}`];
          }),
        ),
      )
      .sort(),
  };
}

describe('the expansion', () => {
  it('says what roles, groups, queues and rules come to', async () => {
    await fc.assert(
      fc.asyncProperty(organizations, async (org) => {
        await store(test.db, org);
        await recalculated();
        expect(await stored()).toEqual(expected(org));
      }),
      { numRuns: 120 },
    );
  });

  it('changes nothing when nothing changed', async () => {
    const [org] = fc.sample(organizations, { numRuns: 1, seed: 42 });
    await store(test.db, org as Organization);
    await recalculated();
    expect((await recalculated()).rowsWritten).toBe(0);
  });

  it('survives roles and groups that contain themselves', async () => {
    await store(test.db, {
      roles: [{ parent: undefined }, { parent: 0 }],
      users: [
        { role: 0, active: true },
        { role: 1, active: true },
      ],
      groups: [{ type: 'Regular', role: 0, bosses: false, users: [0], groups: [0] }],
      rules: [],
    });
    await test.db.query('UPDATE so_user_role SET parent_role_id = id');
    await recalculated();
    const { principals } = await stored();
    expect(principals).toContain(`${userId(0)} ${groupId(0)}`);
  });
});

describe('a recalculation', () => {
  const org: Organization = {
    roles: [],
    users: [1, 2, 3, 4].map(() => ({ role: undefined, active: true })),
    groups: [
      { type: 'Regular', role: 0, bosses: false, users: [0], groups: [] },
      { type: 'Regular', role: 0, bosses: false, users: [1], groups: [] },
    ],
    rules: [],
  };

  it('looks only at the users a job is about, once they are known', async () => {
    await store(test.db, org);
    await recalculated();
    await test.db.query(
      `INSERT INTO so_live_agent_session_owner_sharing_rule (id, group_id, user_or_group_id, access_level)
       VALUES ('r', $1, $2, 'Read')`,
      [groupId(0), groupId(1)],
    );
    await request(groupId(1));
    expect(await recalculateSharing(test.db)).toMatchObject({ users: 1, rowsWritten: 1 });
  });

  it('raises the epoch of rights before it reports jobs done', async () => {
    const epoch = async () =>
      (await test.db.query<{ epoch: number }>('SELECT epoch FROM access_epoch'))[0]?.epoch ?? 0;
    await request();
    const before = await epoch();
    await recalculateSharing(test.db);
    expect(await epoch()).toBe(before + 1);
    expect(await recalculateSharing(test.db)).toBeUndefined();
  });

  it('leaves jobs to the server that holds them, until its lease has passed', async () => {
    await request();
    await test.db.query(
      `UPDATE sharing_job SET node = gen_random_uuid(), lease_until = (SELECT floor_now()) + interval '10 s'
        WHERE finished_at IS NULL`,
    );
    expect(await recalculateSharing(test.db)).toBeUndefined();
    await test.db.query(
      `UPDATE sharing_job SET lease_until = (SELECT floor_now()) - interval '1 s' WHERE finished_at IS NULL`,
    );
    expect(await recalculateSharing(test.db)).toMatchObject({ jobs: 1 });
  });
});
