/**
 * The database of the house, ready for use: embedded or outside, migrated. The server and the command line both come
 * in through here.
 */
import type { Config } from '../config.js';
import { OBJECTS } from '../objects/registry.js';
import { type Database, openDatabase } from '../store/database.js';
import { useEmbedded } from '../store/embedded/attach.js';
import type { EmbeddedError } from '../store/embedded/embedded-error.js';
import type { EmbeddedLog } from '../store/embedded/postmaster.js';
import { startEmbedded } from '../store/embedded/start.js';
import { migrate } from '../store/migrate.js';

export interface HouseDatabase {
  readonly db: Database;
  /** Closes the connections, then stops the embedded PostgreSQL if this process started it. */
  close(): Promise<void>;
}

export interface HouseDatabaseOptions {
  readonly config: Config;
  readonly log: EmbeddedLog;
  /** 'server' owns the embedded database; 'command' may use it beside a running server. */
  readonly role: 'server' | 'command';
  /** The embedded database is lost for good. */
  readonly onFailure: (error: EmbeddedError) => void;
}

const COMMAND_POOL_SIZE = 2;

async function reach(options: HouseDatabaseOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { config, log, onFailure } = options;
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, close: async () => undefined };
  if (options.role === 'command') return useEmbedded({ dataDir: config.dataDir, log, onFailure });
  const embedded = await startEmbedded({ dataDir: config.dataDir, log, onFailure });
  return { url: embedded.url, close: () => embedded.stop() };
}

/**
 * Opens and migrates the database.
 * @throws EmbeddedError, or the driver's or the migration's error; what was started is stopped again.
 */
export async function openHouseDatabase(options: HouseDatabaseOptions): Promise<HouseDatabase> {
  const { config, log } = options;
  const server = await reach(options);
  try {
    const db = await openDatabase({
      url: server.url,
      directUrl: config.databaseDirectUrl,
      readUrl: config.databaseReadUrl,
      poolSize: options.role === 'command' ? COMMAND_POOL_SIZE : config.databasePoolSize,
      onConnectionError: (error) => log.warn({ err: error }, 'a database connection was lost'),
    });
    const close = async () => {
      await db.close();
      await server.close();
    };
    try {
      const { applied, schemaStatements } = await migrate(db, OBJECTS);
      log.info({ applied, schemaStatements }, 'the database is migrated');
    } catch (error) {
      await db.close();
      throw error;
    }
    return { db, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}
