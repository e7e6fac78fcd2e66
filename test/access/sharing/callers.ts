/** Callers as the server makes them, for users of an organization in the database. */
import type { AccessSnapshot, Caller } from '../../../src/access/caller.js';
import type { SharingModel } from '../../../src/access/sharing/levels.js';
import { recalculateSharing } from '../../../src/access/sharing/recalculation.js';
import { loadUserSharing } from '../../../src/access/sharing/user-sharing.js';
import type { Database } from '../../../src/store/database.js';
import { accessTo, callerOf } from '../../records/people.js';

export interface Rights {
  readonly model?: SharingModel;
  readonly viewAll?: boolean;
  readonly modifyAll?: boolean;
}

/** A caller with every permission but those that reach all rows, unless told so, and what sharing gives the user now. */
export async function sharedCaller(
  db: Database,
  userId: string,
  { model = 'Private', viewAll = false, modifyAll = false }: Rights = {},
): Promise<Caller> {
  await recalculateNow(db);
  const models = new Map([
    ['LiveAgentSession', model],
    ['LiveChatTranscript', model],
  ]);
  const { sharing, principals } = await loadUserSharing(db, userId, models);
  const every = accessTo();
  const access: AccessSnapshot = {
    ...every,
    object: (name) => ({ ...every.object(name), viewAll: viewAll || modifyAll, modifyAll }),
    viewAllData: false,
    modifyAllData: false,
    shape: `${model} ${viewAll} ${modifyAll}`,
    groupIds: principals,
    sharing,
  };
  return callerOf(userId, { access });
}

/** Brings the expansion up to date with whatever has been written, and whoever wrote it. */
export async function recalculateNow(db: Database): Promise<void> {
  await db.query(`INSERT INTO sharing_job (cause, requested_at) VALUES ('test', (SELECT floor_now()))`);
  await recalculateSharing(db);
}
