/**
 * Runs units of work (work.ts), one at a time on this process and one at a time on the floor: enter under the floor lock,
 * do it, give whoever has room now what waits, save, commit, tell.
 */
import type { FloorContext } from './context.js';
import type { Login } from './entities.js';
import { serveLogin } from './routing.js';
import { announce, newEffects, openWork, unavailableWhenAway, type Work } from './work.js';

/** Most times a unit of work is begun again after a deadlock with the journal. */
const ATTEMPTS = 4;

/**
 * Runs `fn` as one unit of work and resolves after its commit. `fn` may run again after a deadlock, so it changes
 * nothing outside of its work. Rejects with SERVER_UNAVAILABLE while the database is away.
 */
export function floorWork<T>(context: FloorContext, fn: (work: Work) => Promise<T>): Promise<T> {
  return context.works.run(() => attemptWork(context, fn));
}

async function attemptWork<T>(context: FloorContext, fn: (work: Work) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const effects = newEffects();
    try {
      const result = await unavailableWhenAway(
        context.db.tx(async (tx, [entered]) => {
          const { now } = entered as { now: number };
          context.time.anchor(now);
          const freed = new Set<Login>();
          const work = openWork(context, tx, now, effects, freed);
          const done = await fn(work);
          for (const login of freed) {
            freed.delete(login);
            if (login.endedAt === null) await serveLogin(work, login);
          }
          await work.save();
          return done;
        }, 'SELECT floor_enter() AS now'),
      );
      announce(context, effects);
      return result;
    } catch (error) {
      if (attempt === ATTEMPTS || (error as { code?: unknown }).code !== DEADLOCK) throw error;
    }
  }
}

const DEADLOCK = '40P01';
