/**
 * A fresh, empty database for a test, on the one PostgreSQL of the run (test/support/postgres-server.ts).
 * Invariant: no two callers share a database, so test files run side by side.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { OBJECTS } from '../../src/objects/registry.js';
import { openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';

export interface TestDatabase {
  readonly url: string;
  /** Removes it, connections and all. */
  drop(): Promise<void>;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(inject('testServerUrl'));
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  const url = new URL(inject('testServerUrl'));
  url.pathname = `/${name}`;
  return url.href;
}

/** Creates an empty UTF8 database with locale C. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer((client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`),
  );
  return { url: urlOf(name), drop: () => drop(name) };
}

const TEMPLATE = 'test_migrated';
/** Any number: one worker makes the template while the others wait for it. */
const TEMPLATE_LOCK = 0x74_65_6d_70;

/** Makes the migrated template, once a run. */
async function ensureTemplate(client: pg.Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('SELECT datname FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount !== 0) return;
    const unfinished = `${TEMPLATE}_unfinished`;
    await client.query(`DROP DATABASE IF EXISTS ${unfinished}`);
    await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    const db = await openDatabase({ url: urlOf(unfinished), poolSize: 1 });
    try {
      await migrate(db, OBJECTS);
    } finally {
      await db.close();
    }
    await renameOnceIdle(client, unfinished, TEMPLATE);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

/** The connections of a closed pool linger for a moment. */
async function renameOnceIdle(client: pg.Client, from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`ALTER DATABASE ${from} RENAME TO ${to}`);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Like `testDatabase`, with every table of this version: a copy, several times faster than migrating again. */
export async function migratedTestDatabase(): Promise<TestDatabase> {
  // A server of the operator's own may hold the template of another version.
  if (inject('testServerIsShared')) return testDatabase();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(async (client) => {
    await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`);
  });
  return { url: urlOf(name), drop: () => drop(name) };
}

/** PostgreSQL refuses to remove a database in which autovacuum, which is the superuser's, happens to be at work. */
const INSUFFICIENT_PRIVILEGE = '42501';
const ATTEMPTS = 50;

async function drop(name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await onServer((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
