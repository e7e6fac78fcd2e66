/** The database of a simulation: migrated, with an organization in it, its clock running at the speed wanted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { automatedCaller, createAll, firstStart } from '../src/first-start.js';
import { findObject, OBJECTS } from '../src/objects/registry.js';
import { type Database, openDatabase } from '../src/store/database.js';
import { startEmbedded } from '../src/store/embedded/start.js';
import { migrate } from '../src/store/migrate.js';
import { setFloorTime } from '../test/support/time.js';
import { RULES } from './secrets.js';

/** Connections of the simulator itself. */
const POOL_SIZE = 6;
const ADMIN_PASSWORD = 'simulated-administrator-1';

/**
 * Makes an empty or migrated database ready. Servers are to be started after it: they learn the speed at their start, and
 * the rules that mask what is said.
 */
export async function prepareDatabase(url: string, speed: number): Promise<Database> {
  const db = await openDatabase({ url, poolSize: POOL_SIZE, applicationName: 'simulate' });
  await migrate(db, OBJECTS);
  await setFloorTime(db, { speed });
  await firstStart(db, { adminPassword: ADMIN_PASSWORD });
  const rule = findObject('LiveChatSensitiveDataRule');
  if (rule === undefined) throw new Error('LiveChatSensitiveDataRule is not described');
  await db.tx(async (tx) => createAll(tx, await automatedCaller(tx), rule, RULES));
  return db;
}

export interface OwnPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own, in a directory that goes with it. */
export async function ownPostgres(onFailure: (error: Error) => void): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-simulate-'));
  const embedded = await startEmbedded({
    dataDir,
    maxConnections: 200,
    onFailure,
    log: { info: () => undefined, warn: (fields, message) => console.warn(message, fields) },
  });
  return {
    url: embedded.url,
    async stop() {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
