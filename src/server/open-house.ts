/**
 * The house before its doors open: its database, migrated, and the organization in it. The server and the command line
 * both come in through here, so either may be the first ever to run.
 */
import type { Config } from '../config.js';
import { OBJECTS } from '../objects/registry.js';
import { type PreparedOrganization, prepareOrganization } from '../prepare-organization.js';
import { loadCustomFields } from '../store/custom-fields.js';
import { type Database, openDatabase } from '../store/database.js';
import type { EmbeddedLog } from '../store/embedded/postmaster.js';
import { migrate } from '../store/migrate.js';
import type { ReachedDatabase } from './reach-database.js';

export interface House extends PreparedOrganization {
  readonly db: Database;
  /** Closes the connections, then the database server so far as it is ours. */
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly config: Config;
  readonly log: EmbeddedLog;
  readonly reached: ReachedDatabase;
  /** Connections at most; default: as configured. */
  readonly poolSize?: number;
}

async function openMigrated(options: HouseOptions): Promise<Pick<House, 'db' | 'close'>> {
  const { config, log, reached } = options;
  let closing = false;
  const db = await openDatabase({
    url: reached.url,
    directUrl: config.databaseDirectUrl,
    readUrl: config.databaseReadUrl,
    poolSize: options.poolSize ?? config.databasePoolSize,
    queryTimeoutMs: config.queryTimeoutMs,
    onConnectionError: (error) => {
      if (!closing) log.warn({ err: error }, 'a database connection was lost');
    },
  });
  const close = async () => {
    closing = true;
    await db.close();
  };
  try {
    const { applied, schemaStatements } = await migrate(db, OBJECTS);
    log.info({ applied, schemaStatements }, 'the database is migrated');
    await loadCustomFields(db);
    return { db, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Opens the house on a database that answers; from now on the house closes it, also when this throws.
 * @throws the driver's or the migration's error.
 */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { reached, config } = options;
  let opened: Pick<House, 'db' | 'close'> | undefined;
  const close = async () => {
    await opened?.close();
    await reached.close();
  };
  try {
    opened = await openMigrated(options);
    const organization = await prepareOrganization(opened.db, config);
    return { ...organization, db: opened.db, close };
  } catch (error) {
    await close();
    throw error;
  }
}
