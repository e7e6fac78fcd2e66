/**
 * UserRecordAccess: one row a record asked about (salesforce-data-api.md §21). There is no table of all users and all
 * records, so a statement must name one user and the records; this file finds both in its WHERE.
 */
import type { Caller } from '../../access/caller.js';
import { MOST_RECORD_ACCESSES, recordAccess } from '../../access/sharing/user-record-access.js';
import { ApiError } from '../../errors.js';
import type { Queryable } from '../../store/database.js';
import { id18, isId } from '../../store/ids.js';
import type { CheckedCondition, CheckedLiteral } from '../checked.js';
import { stringValue } from '../strings.js';
import type { Lexed, Token } from '../tokens.js';
import type { ComputedRow } from './relation.js';

/** The literals that say who and what, by their tokens. */
export interface AskedAccess {
  readonly userAt: number;
  readonly recordsAt: readonly number[];
}

/** Who and what a statement asks about; undefined where its WHERE leaves either open. */
export function askedAccess(where: CheckedCondition | undefined): AskedAccess | undefined {
  const conditions = where?.kind === 'and' ? where.operands : where === undefined ? [] : [where];
  const [user, ...others] = pinned(conditions, 'UserId');
  const records = pinned(conditions, 'RecordId');
  if (user === undefined || others.length > 0 || records.length === 0) return undefined;
  return { userAt: user.at, recordsAt: records.map(({ at }) => at) };
}

/** The values a condition that every row meets allows a field. */
function pinned(conditions: readonly CheckedCondition[], name: string): readonly CheckedLiteral[] {
  for (const condition of conditions) {
    if (condition.kind !== 'comparison' && condition.kind !== 'in') continue;
    const { left } = condition;
    if (left.kind !== 'column' || left.source.kind !== 'root' || left.field.name !== name) continue;
    const values = condition.kind === 'in' ? condition.values : [condition.value];
    const pins = condition.kind === 'in' ? !condition.negated : condition.operator === '=';
    if (pins && values.every(({ type }) => type === 'string')) return values;
  }
  return [];
}

export const OPEN_ACCESS_QUESTION =
  'a query of UserRecordAccess must filter by UserId = one id and by RecordId = or IN ids';

/** The rows of a statement. Record ids come back as they were written, for the condition on them to hold. */
export async function recordAccessRows(
  db: Queryable,
  caller: Caller,
  lexed: Lexed,
  { userAt, recordsAt }: AskedAccess,
): Promise<readonly ComputedRow[]> {
  const user = textAt(lexed, userAt);
  const records = [...new Set(recordsAt.map((at) => textAt(lexed, at)))];
  if (records.length > MOST_RECORD_ACCESSES) {
    throw new ApiError(
      'MALFORMED_QUERY',
      `a query of UserRecordAccess may name at most ${MOST_RECORD_ACCESSES} records`,
    );
  }
  // A malformed user id is refused where the condition on it is bound; malformed records are no records.
  if (!isId(user)) return [];
  const known = records.filter(isId);
  const userId = id18(user);
  const accesses = await recordAccess(db, caller, userId, known.map(id18));
  return accesses.map((access, place) => ({
    Id: access.recordId,
    UserId: userId,
    RecordId: known[place],
    HasReadAccess: access.read,
    HasEditAccess: access.edit,
    HasDeleteAccess: access.delete,
    HasTransferAccess: access.transfer,
    HasAllAccess: access.all,
    MaxAccessLevel: access.max,
  }));
}

function textAt(lexed: Lexed, at: number): string {
  const literal = stringValue((lexed.tokens[at] as Token).text);
  return 'value' in literal ? literal.value : '';
}
