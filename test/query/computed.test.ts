/** Objects without a table: their rows are made for the statement, and SOQL does with them what it does with others. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import type { TestStore } from '../support/store.js';
import { write } from './cases.js';
import { accessWithout, ada, ask, bo, idOf, ids, insertRow, openWorld, plain } from './world.js';

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
  await insertRow(world.db, 'FloorObjectSetting', {
    Id: idOf('0Fe', 1),
    SobjectType: 'LiveAgentSession',
    InternalSharingModel: 'Private',
  });
  await insertRow(world.db, 'FloorFieldSetting', {
    Id: idOf('0Ff', 1),
    SobjectType: 'LiveAgentSession',
    Field: 'LiveAgentSession.TimeIdle',
    IsHistoryTracked: true,
  });
});
afterAll(() => world.close());

const records = async (soql: string, caller = ada) =>
  plain((await ask(world.db, write(soql), caller)).records) as Record<string, unknown>[];
const refusal = (soql: string, caller = ada) =>
  ask(world.db, write(soql), caller).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('RecentlyViewed', () => {
  it('Q221: what the caller viewed last', async () => {
    expect(
      await records(
        "SELECT Id, Name, LastViewedDate FROM RecentlyViewed WHERE Type = 'LiveAgentSession' ORDER BY LastViewedDate DESC",
      ),
    ).toEqual([
      { Id: ids.n(4), Name: '00000004', LastViewedDate: '2026-03-10T11:00:00.000+0000' },
      { Id: ids.n(1), Name: '00000001', LastViewedDate: '2026-03-05T00:00:00.000+0000' },
    ]);
    expect(await records('SELECT Id FROM RecentlyViewed', bo)).toEqual([]);
  });

  it('can be counted, filtered by name in any case, grouped, and joined', async () => {
    expect((await ask(world.db, "SELECT COUNT() FROM RecentlyViewed WHERE Name LIKE '%4'")).totalSize).toBe(
      1,
    );
    expect(await records('SELECT Type, COUNT(Name) n FROM RecentlyViewed GROUP BY Type')).toEqual([
      { Type: 'LiveAgentSession', n: 2 },
    ]);
  });

  it('leaves out what is no longer shared with the caller, of a hidden object, or older than 90 days', async () => {
    const view = (record: string, at: string, object = 'LiveAgentSession', user = ids.bo) =>
      world.db.query(
        'INSERT INTO recently_viewed (user_id, record_id, object, viewed_at) VALUES ($1, $2, $3, $4)',
        [user, record, object, at],
      );
    await view(ids.n(1), '2026-03-10T11:00Z');
    await view(ids.n(2), '2026-03-10T11:00Z');
    await view(ids.n(4), '2025-12-01T00:00Z');
    await view(ids.cy, '2026-03-10T10:00Z', 'User');
    expect(await records('SELECT Name, Type, NameOrAlias FROM RecentlyViewed ORDER BY Name', bo)).toEqual([
      { Name: '00000001', Type: 'LiveAgentSession', NameOrAlias: '00000001' },
      { Name: 'Cy Moor', Type: 'User', NameOrAlias: 'Cy Moor' },
    ]);
    const blind = { ...bo, access: { ...accessWithout('LiveAgentSession'), groupIds: [ids.bo] } };
    expect(await records('SELECT Name FROM RecentlyViewed', blind)).toEqual([{ Name: 'Cy Moor' }]);
  });
});

describe('UserRecordAccess', () => {
  const ASKED = "UserId = '{bo}' AND RecordId IN ('{n1}', '{n4}', '{n2}')";

  it('Q247: every right on what one owns, and what a manual share gives', async () => {
    expect(
      await records(
        `SELECT RecordId, HasReadAccess, HasEditAccess, HasAllAccess, MaxAccessLevel FROM UserRecordAccess WHERE ${ASKED} ORDER BY RecordId`,
      ),
    ).toEqual([
      {
        RecordId: ids.n(1),
        HasReadAccess: true,
        HasEditAccess: true,
        HasAllAccess: true,
        MaxAccessLevel: 'All',
      },
      {
        RecordId: ids.n(2),
        HasReadAccess: false,
        HasEditAccess: false,
        HasAllAccess: false,
        MaxAccessLevel: 'None',
      },
      {
        RecordId: ids.n(4),
        HasReadAccess: true,
        HasEditAccess: false,
        HasAllAccess: false,
        MaxAccessLevel: 'Read',
      },
    ]);
  });

  it('can be filtered further; ids may have 15 characters', async () => {
    expect(
      await records(`SELECT RecordId FROM UserRecordAccess WHERE ${ASKED} AND HasReadAccess = true`),
    ).toHaveLength(2);
    const short = ids.n(1).slice(0, 15);
    expect(
      await records(
        `SELECT Id, RecordId FROM UserRecordAccess WHERE UserId = '${ids.bo.slice(0, 15)}' AND RecordId = '${short}'`,
      ),
    ).toEqual([{ Id: ids.n(1), RecordId: short }]);
  });

  it.each([
    'SELECT RecordId FROM UserRecordAccess',
    "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{bo}'",
    "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{bo}' OR RecordId = '{n1}'",
    "SELECT RecordId FROM UserRecordAccess WHERE UserId IN ('{bo}', '{cy}') AND RecordId = '{n1}'",
    "SELECT RecordId FROM UserRecordAccess WHERE UserId = '{bo}' AND RecordId NOT IN ('{n1}')",
    "SELECT RecordId FROM UserRecordAccess WHERE UserId != '{bo}' AND RecordId = '{n1}'",
    "SELECT Id FROM LAS WHERE AgentId IN (SELECT UserId FROM UserRecordAccess WHERE UserId = '{bo}' AND RecordId = '{n1}')",
  ])('needs one user and the records: %s', async (soql) => {
    expect(await refusal(soql)).toMatchObject({ code: 'MALFORMED_QUERY' });
  });

  it('takes 200 records', async () => {
    const of = (count: number) =>
      `SELECT RecordId FROM UserRecordAccess WHERE UserId = '{bo}' AND RecordId IN (${Array.from({ length: count }, (_, n) => `'${ids.n(n + 1)}'`).join(',')})`;
    expect(await records(of(200))).toHaveLength(200);
    expect(await refusal(of(201))).toBeInstanceOf(ApiError);
  });

  it('tells nothing of records the one who asks may not see', async () => {
    expect(
      await records(
        "SELECT MaxAccessLevel FROM UserRecordAccess WHERE UserId = '{cy}' AND RecordId = '{n2}'",
        bo,
      ),
    ).toEqual([{ MaxAccessLevel: 'None' }]);
  });
});

describe('EntityDefinition and FieldDefinition', () => {
  it('list objects and their sharing model', async () => {
    expect(
      await records(
        "SELECT QualifiedApiName, KeyPrefix, InternalSharingModel, IsQueryable FROM EntityDefinition WHERE QualifiedApiName = 'liveagentsession'",
      ),
    ).toEqual([
      {
        QualifiedApiName: 'LiveAgentSession',
        KeyPrefix: '0HK',
        InternalSharingModel: 'None',
        IsQueryable: true,
      },
    ]);
  });

  it('list fields, by the object they belong to', async () => {
    expect(
      await records(
        "SELECT DurableId, EntityDefinition.Label, DataType, IsFieldHistoryTracked, ReferenceTo FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'LiveAgentSession' AND QualifiedApiName IN ('AgentId', 'TimeIdle') ORDER BY QualifiedApiName",
      ),
    ).toEqual([
      {
        DurableId: 'LiveAgentSession.AgentId',
        EntityDefinition: { Label: 'Chat Session' },
        DataType: 'Lookup(User)',
        IsFieldHistoryTracked: false,
        ReferenceTo: { referenceTo: ['User'] },
      },
      {
        DurableId: 'LiveAgentSession.TimeIdle',
        EntityDefinition: { Label: 'Chat Session' },
        DataType: 'Number(9, 0)',
        IsFieldHistoryTracked: true,
        ReferenceTo: { referenceTo: null },
      },
    ]);
  });

  it('show what the caller may see', async () => {
    const caller = { ...ada, access: accessWithout('LiveAgentSession.TimeIdle', 'LiveChatTranscript') };
    const count = async (soql: string) => (await ask(world.db, soql, caller)).totalSize;
    expect(
      await count(
        "SELECT COUNT() FROM FieldDefinition WHERE EntityDefinitionId = 'LiveAgentSession' AND QualifiedApiName = 'TimeIdle'",
      ),
    ).toBe(0);
    expect(
      await count("SELECT COUNT() FROM EntityDefinition WHERE QualifiedApiName = 'LiveChatTranscript'"),
    ).toBe(0);
    expect(await count("SELECT COUNT() FROM EntityDefinition WHERE QualifiedApiName = 'User'")).toBe(1);
  });

  it('give every row once, however many pages there are', async () => {
    const all = await records('SELECT DurableId FROM FieldDefinition');
    expect(new Set(all.map(({ DurableId }) => DurableId)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(500);
  });
});
