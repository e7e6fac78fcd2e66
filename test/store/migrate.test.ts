import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sObject } from '../../src/objects/language.js';
import { OBJECTS } from '../../src/objects/registry.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';
import { MIGRATIONS } from '../../src/store/migrations/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = await openDatabase({ url: database.url });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const thing = sObject({
  name: 'ThingX',
  label: 'Thing',
  labelPlural: 'Things',
  keyPrefix: '0zz',
  idPrefix: '0zz',
  minApiVersion: 21,
  supportedCalls: [],
  flags: [],
  childRelationships: [],
  fields: [
    { name: 'Id', label: 'Id', type: 'id', length: 18, properties: ['Filter', 'Sort'] },
    { name: 'Title', label: 'Title', type: 'string', length: 20, properties: ['Create', 'Filter', 'Sort'] },
  ],
});

describe('migrating', () => {
  it('runs once, also when two nodes start at the same time, and finds nothing to do the second time', async () => {
    const other = await openDatabase({ url: database.url });
    const reports = await Promise.all([migrate(db, OBJECTS), migrate(other, OBJECTS)]);
    await other.close();
    expect(reports.filter(({ applied }) => applied.includes('001-core'))).toHaveLength(1);
    expect(await migrate(db, OBJECTS)).toEqual({ applied: [], schemaStatements: 0 });
  });

  it('gives LiveAgentSession a column for each described field of its own, all in collation C', async () => {
    const columns = await db.query<{ name: string; type: string; collation: string | null }>(
      `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, c.collname::text AS collation
         FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE a.attrelid = 'so_live_agent_session'::regclass AND a.attnum > 0`,
    );
    const byName = new Map(columns.map((column) => [column.name, column]));
    expect(byName.get('login_time')?.type).toBe('timestamp with time zone');
    expect(byName.get('time_at_capacity')?.type).toBe('integer');
    expect(byName.get('num_flag_lowered_supervisor')?.type).toBe('integer');
    expect(byName.has('last_viewed_date')).toBe(false);
    for (const column of columns) if (column.type === 'text') expect(column.collation, column.name).toBe('C');
  });

  it('adds a field that a description gained, and never drops one', async () => {
    await migrate(db, [...OBJECTS, thing]);
    await db.query(`INSERT INTO so_thing_x (title) VALUES ('kept')`);
    const wider = {
      ...thing,
      fields: [...thing.fields, { name: 'Done', label: 'Done', type: 'boolean' as const, properties: [] }],
    };
    expect((await migrate(db, [...OBJECTS, wider])).schemaStatements).toBe(1);
    expect((await migrate(db, [...OBJECTS, thing])).schemaStatements).toBe(0);
    const rows = await db.query('SELECT id, title, done, is_deleted FROM so_thing_x');
    expect(rows).toEqual([
      { id: expect.stringMatching(/^0zzFW0/), title: 'kept', done: false, is_deleted: false },
    ]);
  });

  it('takes everything back when one step fails', async () => {
    const bad = [
      { id: '900-good', sql: 'CREATE TABLE half_way (id int)' },
      { id: '901-bad', sql: 'CREATE TABEL oops' },
    ];
    const fresh = await testDatabase();
    const empty = await openDatabase({ url: fresh.url });
    await expect(migrate(empty, [], [...MIGRATIONS, ...bad])).rejects.toThrow('migration 901-bad failed');
    expect(await empty.query(`SELECT to_regclass('half_way') AS t`)).toEqual([{ t: null }]);
    await empty.close();
    await fresh.drop();
  });

  it('refuses a database that cannot hold every character', async () => {
    const name = `latin_${new URL(database.url).pathname.slice(6)}`;
    await db.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    const latin = await openDatabase({ url: url.href });
    await expect(migrate(latin, [])).rejects.toThrow('must be UTF8, not LATIN1');
    await latin.close();
    await db.query(`DROP DATABASE ${name}`);
  });
});
