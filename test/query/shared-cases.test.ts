/**
 * Cases that need shares, a caller without View All, many rows, or a change of the data. Numbers are those of the
 * project's list of cases.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { search } from '../../src/query/sosl/search.js';
import { emptyRecycleBin } from '../../src/records/empty-recycle-bin.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import { updateRecords } from '../../src/records/update.js';
import type { TestStore } from '../support/store.js';
import { type Case, records, refused, rows, write } from './cases.js';
import { ada, ask, BASE, bo, idOf, ids, insertRow, objectNamed, openWorld, plain } from './world.js';

const MANUAL = "Id IN (SELECT ParentId FROM LASS WHERE RowCause = 'Manual')";

const CASES: readonly Case[] = [
  rows('Q128', `SELECT Name FROM LAS WHERE ${MANUAL}`, 'N1 N4'),
  rows('Q132', `SELECT Name FROM LAS WHERE ${MANUAL} AND Id IN (SELECT LiveAgentSessionId FROM LASH)`, 'N1'),
  refused('Q136', 'SELECT Name FROM LAS WHERE NOT (Id IN (SELECT ParentId FROM LASS))'),
  refused('Q139', 'SELECT Name FROM LAS WHERE Id IN (SELECT UserOrGroupId FROM LASS)', {
    code: 'MALFORMED_QUERY',
    ends: "The selected field 'UserOrGroupId' in the subquery and the left operand field in the where expression in the outer query 'Id' should point to the same object type",
  }),
  refused('Q140', 'SELECT Name FROM LAS WHERE Name IN (SELECT ParentId FROM LASS)'),
  refused('Q142', 'SELECT Name FROM LAS WHERE Id IN (SELECT ParentId FROM LASS LIMIT 100 OFFSET 20)', {
    code: 'MALFORMED_QUERY',
    ends: "missing value at 'LIMIT'",
  }),
  refused(
    'Q143',
    'SELECT Name FROM LAS WHERE Id IN (SELECT ParentId FROM LASS WHERE UserOrGroupId IN (SELECT Id FROM User))',
    { code: 'MALFORMED_QUERY', ends: 'Nesting of semi join sub-selects is not supported' },
  ),
  refused(
    'Q145',
    'SELECT Name, (SELECT Id FROM Shares WHERE UserOrGroupId IN (SELECT Id FROM User)) FROM LAS',
  ),
  records('Q160', 'SELECT MIN(RowCause) FROM LASS', [{ expr0: 'Owner' }]),
  refused('Q184', 'SELECT NewValue FROM LASH GROUP BY NewValue', {
    code: 'MALFORMED_QUERY',
    ends: "field 'NewValue' can not be grouped in a query call",
  }),
  records('Q230', "SELECT AccessLevel, COUNT(Id) FROM LASS WHERE RowCause = 'Manual' GROUP BY AccessLevel", [
    { AccessLevel: 'Edit', expr0: 1 },
    { AccessLevel: 'Read', expr0: 1 },
  ]),
  rows('Q242', 'SELECT Id, Name FROM LAS', 'N1 N4', { caller: bo }),
];

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const find = async (sosl: string, caller = ada): Promise<string[]> => {
  const found = JSON.parse((await search(world.db, caller, write(sosl), { base: BASE })).toString('utf8'));
  return ((found.searchRecords ?? found) as { Name: string }[]).map(({ Name }) => Name);
};

describe('SOQL', () => {
  for (const one of CASES) it(`${one.id}: ${one.soql.slice(0, 120)}`, () => one.expect(world.db));

  it('Q251: a row is queried by queryAll for a day after its Recycle Bin was emptied, but not undeleted', async () => {
    await world.db.query(
      'UPDATE so_live_agent_session SET deleted_at = (SELECT floor_now()), deleted_with = id WHERE id = $1',
      [ids.n(6)],
    );
    expect(await emptyRecycleBin(world.db, ada, [ids.n(6)])).toMatchObject([{ success: true }]);
    const soql = write('SELECT Id FROM LAS WHERE IsDeleted = true');
    expect(plain((await ask(world.db, soql, ada, { all: true })).records)).toEqual([{ Id: ids.n(6) }]);
    expect(await undeleteRecords(world.db, ada, [ids.n(6)])).toMatchObject([
      { success: false, errors: [{ code: 'UNDELETE_FAILED' }] },
    ]);
  });

  it('Q262: a changed owner leaves two rows, of the ids and of the names', async () => {
    await insertRow(world.db, 'FloorFieldSetting', {
      Id: idOf('0Ff', 1),
      SobjectType: 'LiveAgentSession',
      Field: 'LiveAgentSession.OwnerId',
      IsHistoryTracked: true,
    });
    // The histories of the data set have the first ids.
    await world.db.query("SELECT setval('so_history_id_seq', 1000)");
    const [saved] = await updateRecords(world.db, ada, {
      object: objectNamed('LiveAgentSession'),
      records: [{ Id: ids.n(2), OwnerId: ids.bo }],
      allOrNone: true,
      origin: 'system',
    });
    expect(saved?.errors).toEqual([]);
    const { records: history } = await ask(
      world.db,
      write(
        "SELECT Field, DataType, OldValue, NewValue FROM LASH WHERE LiveAgentSessionId = '{n2}' ORDER BY DataType",
      ),
    );
    expect(plain(history)).toEqual([
      { Field: 'Owner', DataType: 'EntityId', OldValue: ids.cy, NewValue: ids.bo },
      { Field: 'Owner', DataType: 'Text', OldValue: 'Cy Moor', NewValue: 'Bo Lind' },
    ]);
  });
});

describe('SOSL', () => {
  beforeAll(async () => {
    await world.close();
    world = await openWorld();
    const many = (name: string, from: number, count: number) =>
      world.db.query(
        `INSERT INTO so_live_agent_session (id, name, owner_id, agent_id)
         SELECT new_id('0HK', $2::int + n), $1 || ' ' || n, $4, $4 FROM generate_series(1, $3::int) AS n`,
        [name, from, count, ids.cy],
      );
    await many('Some', 1_000, 300);
    await many('Most', 2_000, 2_500);
    await world.db.query(
      "UPDATE so_live_agent_session SET owner_id = $1 WHERE id = (SELECT max(id) FROM so_live_agent_session WHERE name LIKE 'Most%')",
      [ids.bo],
    );
    await world.db.query(
      `INSERT INTO so_user (id, name, "name__key", username)
       SELECT new_id('005', 1000 + n), 'Zed ' || n, 'ZED ' || n, n || '@example.test' FROM generate_series(1, 300) AS n`,
    );
    await find('FIND {Zed} RETURNING User(Name)');
  });

  it('F34: 250 rows of one object, more with WHERE or ORDER BY', async () => {
    expect(await find('FIND {Some} RETURNING LAS(Name)')).toHaveLength(250);
    expect(await find('FIND {Some} RETURNING LAS(Name ORDER BY Name)')).toHaveLength(300);
    expect(await find("FIND {Some} RETURNING LAS(Name WHERE Name != 'x')")).toHaveLength(300);
  });

  it('F37: 200 rows before version 28', async () => {
    expect(await find('FIND {Zed} RETURNING User(Name)', { ...ada, apiVersion: 27 })).toHaveLength(200);
    await expect(find('FIND {Some} RETURNING LAS(Name)', { ...ada, apiVersion: 27 })).rejects.toMatchObject({
      code: 'INVALID_TYPE',
    });
  });

  it('F48: rows shared with the caller', async () => {
    expect(await find('FIND {0000000*} RETURNING LAS(Name)', bo)).toEqual(['00000001', '00000004']);
  });

  it('F49: the one row of 2,500 that is shared with the caller', async () => {
    expect(await find('FIND {Most} RETURNING LAS(Name)', bo)).toEqual(['Most 2500']);
  });

  it('F53: a row is found a moment after it was written', async () => {
    await insertRow(world.db, 'LiveAgentSession', { Id: ids.n(70), Name: '00000070', OwnerId: ids.cy });
    await world.db.query(
      "INSERT INTO change (object, record_id, kind, at) VALUES ('LiveAgentSession', $1, 'create', floor_now())",
      [ids.n(70)],
    );
    await expect
      .poll(() => find('FIND {00000070} RETURNING LAS(Name)'), { timeout: 20_000 })
      .toEqual(['00000070']);
  });
});
