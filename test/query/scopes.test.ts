/** USING SCOPE takes what describe lists, and nothing else (salesforce-data-api.md §5.3, §15.14). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/access/caller.js';
import { OBJECTS } from '../../src/objects/registry.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { supportedScopesOf } from '../../src/records/describe-sobject.js';
import type { TestStore } from '../support/store.js';
import { ada, ask, ids, openWorld } from './world.js';

const NAMES = [
  'delegated',
  'everything',
  'mine',
  'mine_and_my_groups',
  'my_team_territory',
  'my_territory',
  'queue_owned',
  'scopingRule',
  'team',
  'user_owned',
];

describe('USING SCOPE', () => {
  it.each(OBJECTS.filter(({ flags, computed }) => flags.includes('queryable') && computed !== true))(
    'takes the scopes $name lists',
    (object) => {
      const taken = NAMES.filter((name) => {
        try {
          makePlan(lexStatement(`SELECT Id FROM ${object.name} USING SCOPE ${name}`), ada, false);
          return true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_QUERY_SCOPE' });
          return false;
        }
      });
      expect(taken).toEqual(supportedScopesOf(object).map(({ name }) => name));
    },
  );
});

describe('the rows of a scope', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openWorld();
  });
  afterAll(() => store.close());

  const names = async (scope: string, caller: Caller) => {
    const { records } = await ask(
      store.db,
      `SELECT Name FROM LiveAgentSession USING SCOPE ${scope} ORDER BY Name`,
      caller,
    );
    return records.map(({ Name }) => String(Name).slice(-1)).join('');
  };
  /** Everybody's rows are open to Ada; Bo is below her. */
  const boss: Caller = {
    ...ada,
    access: {
      ...ada.access,
      sharing: {
        model: () => 'ReadWrite',
        owners: (_object, level) => (level === 'all' ? [ids.ada, ids.bo, ids.queue] : [ids.ada]),
        reachesMost: () => false,
        covered: () => -1,
      },
    },
  };

  it('team is the rows of users below, and never a queue’s', async () => {
    expect(await names('team', boss)).toBe('15');
    expect(await names('mine', boss)).toBe('5');
    expect(await names('team', ada)).toBe('5');
  });

  it('scopingRule filters nothing, as there are no scoping rules', async () => {
    expect(await names('scopingRule', boss)).toBe(await names('everything', boss));
  });
});
