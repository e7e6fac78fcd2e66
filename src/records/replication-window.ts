/**
 * The window of getUpdated and getDeleted, and how far an answer reaches (salesforce-data-api.md §13). Both ends are
 * cut to the minute and the window includes them. No answer claims more than what had committed: a row stamped before
 * the horizon is there, one stamped after it may still come (DECISIONS 7).
 */
import type { Caller } from '../access/caller.js';
import { ApiError } from '../errors.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldOf } from '../objects/registry.js';
import type { Queryable } from '../store/database.js';

export interface ReplicationWindow {
  /** Epoch milliseconds, whole minutes, both inclusive. */
  readonly start: number;
  readonly end: number;
  /** Epoch milliseconds, whole seconds: everything up to here is in the answer; the next call starts here. */
  readonly latestDateCovered: number;
}

/** Ids an answer may have; more refuse the call. */
export const MOST_REPLICATED = 600_000;

const MINUTE_MS = 60_000;
const OLDEST_START_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Checks a window against the rules and reads the horizon; to be awaited before the statement that reads rows, on the
 * primary. `start` and `end` are epoch milliseconds. `shortestMs`: how far apart they must be, exclusive.
 * @throws ApiError INVALID_REPLICATION_DATE
 */
export async function replicationWindow(
  db: Queryable,
  start: number,
  end: number,
  shortestMs: number,
): Promise<ReplicationWindow> {
  const [row] = await db.query<{ now: number; horizon: number }>(
    'SELECT floor_now() AS now, replication_horizon() AS horizon',
    [],
    'records.horizon',
  );
  if (row === undefined) throw new Error('the horizon gave no row');
  if (end - start <= shortestMs) {
    throw new ApiError(
      'INVALID_REPLICATION_DATE',
      'specified start date cannot be the same as or later than end date',
    );
  }
  if (start < row.now - OLDEST_START_DAYS * DAY_MS) {
    throw new ApiError('INVALID_REPLICATION_DATE', 'startDate cannot be more than 30 days ago');
  }
  const window = { start: toMinute(start), end: toMinute(end) };
  const covered = Math.min(window.end, Math.floor(Math.min(row.now, row.horizon) / 1000) * 1000);
  return { ...window, latestDateCovered: covered };
}

function toMinute(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** @throws ApiError INVALID_TYPE_FOR_OPERATION, INSUFFICIENT_ACCESS */
export function assertReplicateable(
  caller: Caller,
  object: SObjectDescription,
  call: 'getUpdated' | 'getDeleted',
): void {
  if (!caller.access.object(object.name).read) {
    throw new ApiError('INSUFFICIENT_ACCESS', `no access to ${object.label}`);
  }
  if (!object.flags.includes('replicateable') || !object.supportedCalls.includes(call)) {
    throw new ApiError('INVALID_TYPE_FOR_OPERATION', `entity type ${object.label} does not support ${call}`);
  }
}

/** The field a change shows in: SystemModstamp, else LastModifiedDate, else CreatedDate (histories). */
export function changeFieldOf(object: SObjectDescription): FieldDescription {
  for (const name of ['SystemModstamp', 'LastModifiedDate', 'CreatedDate']) {
    const field = fieldOf(object, name);
    if (field !== undefined) return field;
  }
  throw new Error(`${object.name} has no field that says when it changed`);
}

export function tooManyReplicated(): ApiError {
  return new ApiError(
    'EXCEEDED_ID_LIMIT',
    `more than ${MOST_REPLICATED} records lie between startDate and endDate; ask for a shorter time`,
  );
}
