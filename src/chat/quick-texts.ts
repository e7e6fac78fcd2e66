/** Ready texts an agent may insert: QuickText rows of the channel Chat that the agent may read. */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import { findObject } from '../objects/registry.js';
import type { Queryable } from '../store/database.js';
import type { QuickTextItem } from './floor-conversation.js';

const MOST = 1_000;
/** The value of the channel Chat (objects.json, QuickText.Channel). (u): its value; this is its place. */
const CHANNEL = 'Live Agent';

export async function quickTextsFor(db: Queryable, caller: Caller): Promise<QuickTextItem[]> {
  const object = findObject('QuickText');
  if (!object || !caller.access.object(object.name).read) return [];
  const values: unknown[] = [CHANNEL];
  const mayRead = rowCondition(caller, object, 'q', values);
  return db.query<QuickTextItem>(
    `SELECT q.id, q.name, q.message, q.category FROM so_quick_text q
      WHERE NOT q.is_deleted AND q.is_insertable AND $1 = ANY (string_to_array(q.channel, ';')) AND ${mayRead}
      ORDER BY q.name, q.id LIMIT ${MOST}`,
    values,
  );
}
