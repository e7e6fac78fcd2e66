/** The record a login leaves: inserted once, final, in the transaction that ends the login (DESIGN, DECISIONS 2). */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import { findObject } from '../objects/registry.js';
import { createRecords } from '../records/create.js';
import type { Tx } from '../store/database.js';
import type { Login } from './entities.js';
import { cutToSecond, sessionFields } from './session-figures.js';

/** Creates records as the server itself; gives their ids, throws when one is refused. */
export async function createAsServer(
  tx: Tx,
  caller: Caller,
  objectName: string,
  records: readonly Readonly<Record<string, unknown>>[],
): Promise<string[]> {
  if (records.length === 0) return [];
  const object = findObject(objectName);
  if (!object) throw new Error(`${objectName} is not described`);
  const results = await createRecords(tx, caller, { object, records, allOrNone: true, origin: 'system' });
  const refusal = results.flatMap(({ errors }) => errors).find(({ code }) => code !== ROLLED_BACK);
  if (refusal) throw new Error(`${objectName} could not be saved: ${refusal.message}`);
  return results.map(({ id }) => id as string);
}

/** What its neighbours say when one record is refused. */
const ROLLED_BACK = 'ALL_OR_NONE_OPERATION_ROLLED_BACK';

/** Inserts the LiveAgentSession row of a login whose meter has ended. Owned and created by the agent. */
export async function saveSession(tx: Tx, caller: Caller, login: Login): Promise<string> {
  const { userId, meter } = login;
  const [id] = await createAsServer(tx, caller, 'LiveAgentSession', [
    {
      OwnerId: userId,
      CreatedById: userId,
      LastModifiedById: userId,
      AgentId: userId,
      LoginTime: isoOf(cutToSecond(meter.loginAt)),
      LogoutTime: isoOf(cutToSecond(meter.contactAt)),
      ...sessionFields(meter),
    },
  ]);
  return id as string;
}
