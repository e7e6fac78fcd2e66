/**
 * Work on several calls that is kept whole or not at all: a transaction of its own, or a savepoint inside the one of
 * an all-or-none composite.
 */
import type { Database, Tx } from '../../store/database.js';

/** Carries the result out of a transaction that must not commit. */
class Undone<T> extends Error {
  constructor(readonly result: T) {
    super('undone');
  }
}

/** Runs `work`; its writes stay only if `keep` accepts the result, which is returned either way. */
export async function undoable<T>(
  db: Database | Tx,
  work: (tx: Tx) => Promise<T>,
  keep: (result: T) => boolean,
): Promise<T> {
  if (db.kind === 'tx') return underSavepoint(db, work, keep);
  try {
    return await db.tx(async (tx) => {
      const result = await work(tx);
      if (!keep(result)) throw new Undone(result);
      return result;
    });
  } catch (error) {
    if (error instanceof Undone) return error.result as T;
    throw error;
  }
}

async function underSavepoint<T>(
  tx: Tx,
  work: (tx: Tx) => Promise<T>,
  keep: (result: T) => boolean,
): Promise<T> {
  await tx.query('SAVEPOINT several_calls');
  const result = await work(tx);
  if (!keep(result)) await tx.query('ROLLBACK TO SAVEPOINT several_calls');
  await tx.query('RELEASE SAVEPOINT several_calls');
  return result;
}
