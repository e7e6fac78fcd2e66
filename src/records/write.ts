/**
 * How a set of records is written: one transaction marked for the replication horizon, the whole set in one statement
 * while all goes well. Partial success costs nothing then; only when the database itself refuses the set is it halved,
 * under savepoints, until the records at fault stand alone.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Database, Tx } from '../store/database.js';
import { quoteLiteral } from '../store/sql.js';
import type { Draft } from './draft.js';
import { type RecordError, ROLLED_BACK, recordError, type SaveResult } from './result.js';

/** What a write is stamped with: whole seconds of `floor_now()`, as epoch milliseconds. */
export type Stamp = number;

/** What a write learns as it begins. */
export interface Beginning {
  readonly stamp: Stamp;
  /** Names of the object's fields whose changes an administrator wants recorded; none unless the write named an object. */
  readonly tracked: ReadonlySet<string>;
}

/**
 * Marks the transaction for the replication horizon and says what a write must know. Field settings are rows, so a
 * switch counts for the next write on every node.
 */
function beginSql(object: SObjectDescription | undefined): string {
  if (object?.trackableHistoryFields === undefined) return 'SELECT begin_write() AS at';
  return `SELECT begin_write() AS at, ARRAY(
    SELECT split_part(field, '.', 2) FROM so_floor_field_setting
     WHERE sobject_type = ${quoteLiteral(object.name)} AND is_history_tracked AND NOT is_deleted) AS tracked`;
}

interface Begun {
  readonly at: number;
  readonly tracked?: readonly string[];
}

/**
 * Runs `fn` in a transaction that readers of the replication horizon can see, with the time to stamp rows with. Inside
 * a transaction of the caller's it joins that one.
 */
async function inWrite<T>(
  db: Database | Tx,
  object: SObjectDescription | undefined,
  fn: (tx: Tx, beginning: Beginning) => Promise<T>,
): Promise<T> {
  const sql = beginSql(object);
  const run = (tx: Tx, [begun]: readonly Begun[]): Promise<T> => {
    if (begun === undefined) throw new Error('begin_write() gave no time');
    return fn(tx, { stamp: begun.at, tracked: new Set(begun.tracked ?? []) });
  };
  if (db.kind === 'tx') return run(db, await db.query<Begun>(sql));
  return db.tx((tx, opened) => run(tx, opened as readonly Begun[]), sql);
}

export interface SetWriter {
  /** The object of all records, where the writer wants to know which of its fields are tracked. */
  readonly object?: SObjectDescription;
  /** Fresh drafts with all that can be said without the database; an attempt may be made twice. */
  draft(): Draft[];
  /** Checks and completes the good drafts against the database; refusals go to their `errors`. */
  check(tx: Tx, drafts: readonly Draft[]): Promise<void>;
  /** Stores these drafts, all of them or none; sets their ids. */
  store(tx: Tx, drafts: readonly Draft[], beginning: Beginning): Promise<void>;
}

/** Writes a set and answers one result a record, in order. */
export async function writeSet(
  db: Database | Tx,
  allOrNone: boolean,
  writer: SetWriter,
): Promise<SaveResult[]> {
  const attempt = async (careful: boolean): Promise<Draft[]> => {
    const drafts = writer.draft();
    if (good(drafts).length === 0 || (allOrNone && good(drafts).length < drafts.length)) return drafts;
    await inWrite(db, writer.object, (tx, beginning) =>
      writeChecked(tx, drafts, beginning, { allOrNone, careful, writer }),
    );
    return drafts;
  };
  if (db.kind === 'tx') return resultsOf(await attempt(true), allOrNone);
  try {
    return resultsOf(await attempt(false), allOrNone);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    // Who waited in vain for a lock would wait in vain again.
    if (!isLockTimeout(error)) return resultsOf(await attempt(true), allOrNone);
    const drafts = writer.draft();
    refuseAll(drafts, refusal);
    return resultsOf(drafts, allOrNone);
  }
}

function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03';
}

/** For what the database refuses before it can be told which record is at fault. */
function refuseAll(drafts: readonly Draft[], refusal: RecordError): void {
  for (const { id, errors } of good(drafts)) {
    const message = id === null ? refusal.message : `${refusal.message} or 1 records: ${id}`;
    errors.push(refusal.code === UNABLE_TO_LOCK ? { ...refusal, message } : refusal);
  }
}

interface Manner {
  readonly allOrNone: boolean;
  /** Under savepoints: after a refusal, and inside a transaction that is not ours to lose. */
  readonly careful: boolean;
  readonly writer: SetWriter;
}

async function writeChecked(tx: Tx, drafts: Draft[], beginning: Beginning, manner: Manner): Promise<void> {
  const { allOrNone, careful, writer } = manner;
  if (careful) await checkCarefully(tx, drafts, writer);
  else await writer.check(tx, good(drafts));
  if (allOrNone && good(drafts).length < drafts.length) return;
  if (good(drafts).length === 0) return;
  if (!careful) {
    await writer.store(tx, good(drafts), beginning);
    return;
  }
  if (!allOrNone) {
    await storeHalving(tx, good(drafts), beginning, writer);
    return;
  }
  await tx.query('SAVEPOINT whole_set');
  await storeHalving(tx, good(drafts), beginning, writer);
  if (good(drafts).length < drafts.length) await tx.query('ROLLBACK TO SAVEPOINT whole_set');
  await tx.query('RELEASE SAVEPOINT whole_set');
}

/** Rows are locked while they are checked: a lock that cannot be had refuses the set and spares the transaction. */
async function checkCarefully(tx: Tx, drafts: readonly Draft[], writer: SetWriter): Promise<void> {
  await tx.query('SAVEPOINT checks');
  try {
    await writer.check(tx, good(drafts));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT checks');
    refuseAll(drafts, refusal);
  }
  await tx.query('RELEASE SAVEPOINT checks');
}

/** Stores what the database takes; the records it refuses get its refusal. */
async function storeHalving(
  tx: Tx,
  drafts: readonly Draft[],
  beginning: Beginning,
  writer: SetWriter,
): Promise<void> {
  await tx.query('SAVEPOINT part_of_set');
  try {
    await writer.store(tx, drafts, beginning);
    await tx.query('RELEASE SAVEPOINT part_of_set');
    return;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT part_of_set');
    await tx.query('RELEASE SAVEPOINT part_of_set');
    if (drafts.length === 1) {
      drafts[0]?.errors.push(refusal);
      return;
    }
  }
  const middle = drafts.length >> 1;
  await storeHalving(tx, drafts.slice(0, middle), beginning, writer);
  await storeHalving(tx, drafts.slice(middle), beginning, writer);
}

export function good(drafts: readonly Draft[]): Draft[] {
  return drafts.filter(({ errors }) => errors.length === 0);
}

function resultsOf(drafts: readonly Draft[], allOrNone: boolean): SaveResult[] {
  const rolledBack = allOrNone && drafts.some(({ errors }) => errors.length > 0);
  return drafts.map(({ id, errors }) => {
    if (errors.length > 0) return { id: null, success: false, errors };
    if (rolledBack) return { id: null, success: false, errors: [ROLLED_BACK] };
    return { id, success: true, errors: [] };
  });
}

const UNABLE_TO_LOCK = 'UNABLE_TO_LOCK_ROW';

/** The refusal that an error of the database stands for, or undefined when it is no record's fault. */
export function refusalOf(error: unknown): RecordError | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  switch (code) {
    case '23505': // unique_violation: another writer was first
      return recordError(
        'DUPLICATE_VALUE',
        'duplicate value found: <unknown> duplicates value on record with id: <unknown>',
      );
    case '22003': // numeric_value_out_of_range
      return recordError('NUMBER_OUTSIDE_VALID_RANGE', 'value outside of valid range on numeric field');
    case '22021': // character_not_in_repertoire
    case '22P05': // untranslatable_character
      return recordError(
        'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET',
        'text data outside of the supported character set',
      );
    case '54000': // program_limit_exceeded: an index entry that is too large
      return recordError('STRING_TOO_LONG', 'data value too large');
    case '55P03': // lock_not_available
    case '40P01': // deadlock_detected
      return recordError(UNABLE_TO_LOCK, 'unable to obtain exclusive access to this record');
    default:
      return undefined;
  }
}
