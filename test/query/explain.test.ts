/** The query plan resource: what leads, what it would cost, and what no index answers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainQuery } from '../../src/query/explain.js';
import type { TestStore } from '../support/store.js';
import { ada, idOf, ids, openWorld } from './world.js';

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
  const numbers = Array.from({ length: 5_000 }, (_, index) => 2_000 + index);
  await world.db.query(
    `INSERT INTO so_live_agent_session (id, name, agent_id, owner_id, login_time)
     SELECT id, n::text, $3, $3, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour' FROM unnest($1::text[], $2::int[]) AS rows(id, n)`,
    [numbers.map((number) => idOf('0HK', number)), numbers, ids.bo],
  );
  await world.db.query('ANALYZE so_live_agent_session');
});
afterAll(() => world.close());

const explain = async (soql: string) =>
  JSON.parse((await explainQuery(world.db, ada, soql)).toString('utf8')) as {
    plans: Record<string, unknown>[];
    sourceQuery: string;
  };

it('names the index that leads', async () => {
  const soql = 'SELECT Id FROM LiveAgentSession WHERE LoginTime > 2026-07-28T00:00:00Z AND TimeIdle > 5';
  const { plans, sourceQuery } = await explain(soql);
  expect(sourceQuery).toBe(soql);
  expect(Object.keys(plans[0] ?? {})).toEqual([
    'cardinality',
    'fields',
    'leadingOperationType',
    'notes',
    'relativeCost',
    'sobjectCardinality',
    'sobjectType',
  ]);
  expect(plans[0]).toMatchObject({
    leadingOperationType: 'Index',
    fields: ['LoginTime'],
    sobjectType: 'LiveAgentSession',
    sobjectCardinality: 5_006,
  });
  expect(plans[0]?.relativeCost).toBeLessThan(1);
  expect(plans[0]?.notes).toEqual(
    ['IsDeleted', 'TimeIdle'].map((field) => ({
      description: 'Not considering filter for optimization because unindexed',
      fields: [field],
      tableEnumOrId: 'LiveAgentSession',
    })),
  );
});

it('says when the whole table is read', async () => {
  const { plans } = await explain(
    'SELECT COUNT(Id) FROM LiveAgentSession WHERE TimeIdle > 5 GROUP BY AgentId',
  );
  expect(plans[0]).toMatchObject({ leadingOperationType: 'TableScan', fields: [] });
});

it('refuses what the query itself would be refused for', async () => {
  await expect(explain('SELECT Foo FROM LiveAgentSession')).rejects.toMatchObject({ code: 'INVALID_FIELD' });
});
