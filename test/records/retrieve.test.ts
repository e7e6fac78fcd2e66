import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteRecords } from '../../src/records/delete.js';
import { retrieveRow, retrieveRows } from '../../src/records/retrieve.js';
import { type TestStore, testStore } from '../support/store.js';
import { accessTo, aSession, createAll, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
let ids: string[];
const object = objectNamed('LiveAgentSession');
const base = '/services/data/v60.0';
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
  ids = await createAll(
    store.db,
    who.admin,
    'LiveAgentSession',
    [1, 2, 3].map((n) => aSession(who.agentId, { TimeIdle: n })),
  );
  await deleteRecords(store.db, who.admin, [ids[1] ?? '']);
});
afterAll(() => store.close());

describe('a retrieved row', () => {
  it('has the fields asked for in their order, dates as REST writes them', async () => {
    const row = await retrieveRow(store.db, who.admin, ids[0]?.slice(0, 15) ?? '', {
      object,
      fields: ['TimeIdle', 'LoginTime', 'TimeInChats', 'Id'],
      base,
    });
    expect(row.status === 'found' && row.json.toString()).toBe(
      `{"attributes":{"type":"LiveAgentSession","url":"${base}/sobjects/LiveAgentSession/${ids[0]}"},` +
        `"TimeIdle":1,"LoginTime":"2026-03-10T12:00:00.000+0000","TimeInChats":null,"Id":"${ids[0]}"}`,
    );
  });

  it('has every field the caller may see, in describe order, when none is named', async () => {
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.TimeIdle.read') };
    const row = await retrieveRow(store.db, caller, ids[0] ?? '', { object, base });
    const keys = row.status === 'found' ? Object.keys(JSON.parse(row.json.toString())) : [];
    expect(keys).toEqual([
      'attributes',
      ...object.fields.map(({ name }) => name).filter((name) => name !== 'TimeIdle'),
    ]);
  });

  it('is deleted, or never was', async () => {
    expect(await retrieveRow(store.db, who.admin, ids[1] ?? '', { object, base })).toEqual({
      status: 'deleted',
    });
    expect(await retrieveRow(store.db, who.admin, '0HKFW0zzzzzzzzz', { object, base })).toEqual({
      status: 'unknown',
    });
  });

  it('cannot show a field that is hidden or does not exist', async () => {
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.TimeIdle.read') };
    for (const field of ['Foo', 'TimeIdle']) {
      const call = retrieveRow(store.db, caller, ids[0] ?? '', { object, fields: ['Id', field], base });
      await expect(call).rejects.toMatchObject({
        code: 'INVALID_FIELD',
        message: expect.stringMatching(
          `^\nSELECT Id, ${field} FROM LiveAgentSession\n           \\^\nERROR at Row:1:Column:12\nNo such column '${field}' on entity 'LiveAgentSession'`,
        ),
      });
    }
  });
});

describe('rows by ids', () => {
  it('come in the order of the ids, with holes, and twice when asked for twice', async () => {
    const asked = [ids[2] ?? '', '0HKFW0zzzzzzzzz', ids[1] ?? '', who.agentId, ids[2]?.slice(0, 15) ?? ''];
    const rows = await retrieveRows(store.db, who.admin, asked, { object, fields: ['TimeIdle'], base });
    const values = rows.map((row) => (row === undefined ? null : JSON.parse(row.toString()).TimeIdle));
    expect(values).toEqual([3, null, null, null, 3]);
  });

  it('are at most 2,000, each a well-formed id', async () => {
    const many = Array.from({ length: 2_001 }, () => ids[0] ?? '');
    await expect(retrieveRows(store.db, who.admin, many, { object, base })).rejects.toMatchObject({
      code: 'EXCEEDED_ID_LIMIT',
    });
    await expect(retrieveRows(store.db, who.admin, ['abc'], { object, base })).rejects.toMatchObject({
      code: 'MALFORMED_ID',
      message: 'malformed id abc',
    });
    expect(await retrieveRows(store.db, who.admin, many.slice(1), { object, base })).toHaveLength(2_000);
  });
});
