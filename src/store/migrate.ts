/**
 * Brings a database to this version's shape: the numbered migrations that have not run yet, then the tables that
 * follow from the object descriptions. One transaction under an advisory lock, so several nodes may start at once.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Database, Tx } from './database.js';
import { MIGRATIONS } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';
import { syncSchema } from './schema-sync.js';

/** Key of the transaction lock that lets one node migrate at a time. */
const MIGRATION_LOCK = 0x46574d47; // FWMG
const OLDEST_SERVER = 15;

export interface MigrationReport {
  /** Ids of the migrations that ran now. */
  readonly applied: readonly string[];
  /** DDL statements that made tables or columns follow the descriptions. */
  readonly schemaStatements: number;
}

/**
 * Safe to call at every start. Throws when the server is older than PostgreSQL 15, when the database is not UTF8
 * (text could not be stored unchanged), or when it was migrated by a newer Floorwalker whose steps are unknown here
 * and numbered below one that is pending.
 */
export async function migrate(
  db: Database,
  objects: readonly SObjectDescription[],
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<MigrationReport> {
  assertAscending(migrations);
  return db.tx(async (tx) => {
    await assertServerFits(tx);
    await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await tx.query('SET LOCAL client_min_messages = warning');
    await tx.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (id text PRIMARY KEY, applied_at timestamptz NOT NULL)',
    );
    const done = new Set(
      (await tx.query<{ id: string }>('SELECT id FROM schema_migration')).map(({ id }) => id),
    );
    const pending = migrations.filter(({ id }) => !done.has(id));
    for (const { id, sql } of pending) {
      try {
        await tx.query(sql);
      } catch (error) {
        throw new Error(`migration ${id} failed: ${(error as Error).message}`, { cause: error });
      }
      await tx.query('INSERT INTO schema_migration (id, applied_at) VALUES ($1, (SELECT floor_now()))', [id]);
    }
    const schemaStatements = await syncSchema(tx, objects);
    return { applied: pending.map(({ id }) => id), schemaStatements };
  });
}

function assertAscending(migrations: readonly Migration[]): void {
  for (const [index, { id }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (!/^\d{3}-[a-z0-9-]+$/.test(id)) throw new Error(`not a migration id: ${id}`);
    if (before !== undefined && before.id >= id)
      throw new Error(`migration ${id} must come before ${before.id}`);
  }
}

async function assertServerFits(tx: Tx): Promise<void> {
  const [server] = await tx.query<{ version: number; encoding: string }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version,
            current_setting('server_encoding') AS encoding`,
  );
  if (server === undefined) throw new Error('the database did not tell its version');
  if (server.version < OLDEST_SERVER) {
    throw new Error(
      `PostgreSQL ${OLDEST_SERVER} or later is needed; this server is version ${server.version}`,
    );
  }
  if (server.encoding !== 'UTF8') {
    throw new Error(`the database must be UTF8, not ${server.encoding}: create it with ENCODING 'UTF8'`);
  }
}
