/** The rows of each computed object, for one statement and one caller. An object without a line here has no rows. */
import type { Caller } from '../../access/caller.js';
import type { SObjectDescription } from '../../objects/language.js';
import type { Queryable } from '../../store/database.js';
import type { Lexed } from '../tokens.js';
import { entityRows, fieldRows } from './definitions.js';
import { recentlyViewedRows } from './recently-viewed.js';
import { type AskedAccess, recordAccessRows } from './record-access.js';
import { type ComputedRow, computedRowsText } from './relation.js';

/** What is computed. */
export interface ComputedSource {
  readonly object: SObjectDescription;
  /** UserRecordAccess: who and what is asked about. */
  readonly asked: AskedAccess | undefined;
}

/** The rows as the JSON their relation reads. */
export async function computedRows(
  db: Queryable,
  caller: Caller,
  lexed: Lexed,
  { object, asked }: ComputedSource,
): Promise<string> {
  return computedRowsText(object, await rowsOf(db, caller, lexed, object, asked));
}

async function rowsOf(
  db: Queryable,
  caller: Caller,
  lexed: Lexed,
  object: SObjectDescription,
  asked: AskedAccess | undefined,
): Promise<readonly ComputedRow[]> {
  switch (object.name) {
    case 'EntityDefinition':
      return entityRows(db, caller);
    case 'FieldDefinition':
      return fieldRows(db, caller);
    case 'RecentlyViewed':
      return recentlyViewedRows(db, caller);
    case 'UserRecordAccess':
      return asked === undefined ? [] : recordAccessRows(db, caller, lexed, asked);
    default:
      throw new Error(`${object.name} is not computed`);
  }
}
