/** An open, migrated database for a test, and what was sent to it. */
import { OBJECTS } from '../../src/objects/registry.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';
import { migratedTestDatabase } from './database.js';

export interface TestStore {
  readonly db: Database;
  readonly url: string;
  /** Texts of the statements sent through `db`, oldest first; cut it with `statements.length = 0`. */
  readonly statements: string[];
  close(): Promise<void>;
}

/** A database of its own with every table of this version. */
export async function testStore(): Promise<TestStore> {
  const database = await migratedTestDatabase();
  const statements: string[] = [];
  const db = await openDatabase({ url: database.url, onStatement: (text) => statements.push(text) });
  try {
    await migrate(db, OBJECTS);
  } catch (error) {
    await db.close();
    await database.drop();
    throw error;
  }
  return {
    db,
    url: database.url,
    statements,
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
