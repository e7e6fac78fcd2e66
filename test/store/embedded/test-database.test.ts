import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OBJECTS } from '../../../src/objects/registry.js';
import { openDatabase } from '../../../src/store/database.js';
import { migrate } from '../../../src/store/migrate.js';
import { migratedTestDatabase, type TestDatabase, testDatabase } from '../../support/database.js';

let first: TestDatabase;
let second: TestDatabase;

beforeAll(async () => {
  first = await testDatabase();
  second = await testDatabase();
});
afterAll(async () => {
  await first.drop();
  await second.drop();
});

test('each caller gets a database of its own, UTF8 with locale C, on PostgreSQL 15 or later', async () => {
  const client = new pg.Client({ connectionString: first.url });
  await client.connect();
  await client.query('CREATE TABLE only_here (id int)');
  const { rows } = await client.query(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, current_setting('server_version_num')::int AS version
       FROM pg_database WHERE datname = current_database()`,
  );
  await client.end();
  expect(rows[0]).toMatchObject({ encoding: 'UTF8', datcollate: 'C' });
  expect(rows[0].version).toBeGreaterThanOrEqual(150000);

  const other = new pg.Client({ connectionString: second.url });
  await other.connect();
  await expect(other.query('SELECT id FROM only_here')).rejects.toThrow(/only_here/);
  await other.end();
});

test('a migrated database is what migrations make of an empty one', async () => {
  const migrated = await migratedTestDatabase();
  const db = await openDatabase({ url: migrated.url });
  expect(await migrate(db, OBJECTS)).toEqual({ applied: [], schemaStatements: 0 });
  await db.close();
  await migrated.drop();
});
