/**
 * Keeps `search_document` in step with the records, by following the outbox. One node at a time, in batches; the index
 * may lag behind writes (salesforce-data-api.md §16.3). An object's rows are read once from the start, then by change.
 */
import type { FieldDescription, SObjectDescription } from '../../objects/language.js';
import { OBJECTS } from '../../objects/registry.js';
import { type ChangePosition, changesAfter, currentPosition } from '../../store/changes.js';
import { columnOf, hasColumn, tableOf } from '../../store/columns.js';
import type { Database, Tx } from '../../store/database.js';
import { quoteIdentifier } from '../../store/sql.js';
import { wordsOf } from './words.js';

const INDEXER_LOCK = 0x46_57_53_58; // FWSX
const BATCH_ROWS = 1_000;
/** Terms of one record: enough for any field of words, and a bound on what one row can cost. */
const TERMS_MAX = 2_000;

const TEXTS: ReadonlySet<string> = new Set(['string', 'email', 'phone', 'textarea', 'url', 'combobox']);

/** Objects SOSL searches, in the order it lists them. */
export const searchableObjects = (): readonly SObjectDescription[] =>
  OBJECTS.filter((object) => object.flags.includes('searchable') && object.computed !== true);

/** What a field's words stand under in the index: a custom field's name may be another field's later. */
export const searchNameOf = ({ column, name }: FieldDescription): string => column ?? name;

/** The fields of an object that are searched: text, names, e-mail addresses and phone numbers, never numbers. */
export function searchedFields(object: SObjectDescription): readonly FieldDescription[] {
  return object.fields.filter((field) => TEXTS.has(field.type) && hasColumn(field));
}

/**
 * Indexes what changed since the last call, at most so many batches. Gives whether there may be more to do; false too
 * when another node is at it.
 */
export async function catchUpSearch(db: Database | Tx, batches = 20): Promise<boolean> {
  if (db.kind === 'tx') return false;
  for (let batch = 0; batch < batches; batch++) {
    const more = await db.tx(async (tx) => {
      const [row] = await tx.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        INDEXER_LOCK,
      ]);
      return row?.mine === true ? indexBatch(tx) : undefined;
    });
    if (more !== true) return false;
  }
  return true;
}

interface Position {
  readonly object: string;
  readonly position: ChangePosition;
  readonly reading_after: string | null;
}

async function indexBatch(tx: Tx): Promise<boolean> {
  const known = await tx.query<Position>('SELECT object, position, reading_after FROM search_position');
  const fresh = searchableObjects().filter((object) => !known.some((one) => one.object === object.name));
  if (fresh.length > 0) {
    // What commits from here on is told by the outbox; what is there already is read below.
    const at = await currentPosition(tx);
    await tx.query(
      // tx and seq are what a server of the version before goes by.
      `INSERT INTO search_position (object, position, tx, seq, reading_after)
       SELECT name, $2::jsonb, pg_snapshot_xmin($3::pg_snapshot), 0, '' FROM unnest($1::text[]) AS fresh(name)`,
      [fresh.map(({ name }) => name), JSON.stringify(at), at.seen],
    );
    return true;
  }
  const reading = known.find((one) => one.reading_after !== null);
  if (reading !== undefined) return readOn(tx, reading);
  let more = false;
  for (const group of byPosition(known)) more = (await follow(tx, group)) || more;
  return more;
}

/** Objects that stand at the same place of the outbox are followed together. */
function byPosition(known: readonly Position[]): readonly (readonly Position[])[] {
  const groups = new Map<string, Position[]>();
  for (const one of known) {
    const key = Object.values(one.position).join(' ');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** Reads the next rows of an object for the first time. */
async function readOn(tx: Tx, { object: name, reading_after: after }: Position): Promise<boolean> {
  const object = searchableObjects().find((one) => one.name === name);
  const ids =
    object === undefined
      ? []
      : await tx.query<{ id: string }>(
          `SELECT id FROM ${quoteIdentifier(tableOf(object))} WHERE id > $1 ORDER BY id LIMIT $2`,
          [after, BATCH_ROWS],
        );
  if (object !== undefined)
    await indexRecords(
      tx,
      object,
      ids.map(({ id }) => id),
    );
  const last = ids.length < BATCH_ROWS ? null : (ids.at(-1)?.id ?? null);
  await tx.query('UPDATE search_position SET reading_after = $2 WHERE object = $1', [name, last]);
  return true;
}

async function follow(tx: Tx, positions: readonly Position[]): Promise<boolean> {
  const { position } = positions[0] as Position;
  const names = positions.map(({ object }) => object);
  const { changes, next } = await changesAfter(tx, position, names, BATCH_ROWS);
  if (changes.length === 0) return false;
  for (const object of searchableObjects()) {
    const ids = new Set(
      changes.filter((change) => change.object === object.name).map(({ recordId }) => recordId),
    );
    if (ids.size > 0) await indexRecords(tx, object, [...ids]);
  }
  await tx.query('UPDATE search_position SET position = $2::jsonb WHERE object = ANY($1)', [
    names,
    JSON.stringify(next),
  ]);
  return changes.length === BATCH_ROWS;
}

/** Writes the documents of records as they are now; those that are gone or deleted lose theirs. */
async function indexRecords(tx: Tx, object: SObjectDescription, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const fields = searchedFields(object);
  const columns = fields.map((field) => `${quoteIdentifier(columnOf(field))}::text`);
  const rows = await tx.query<{ id: string; texts: (string | null)[] }>(
    `SELECT id, ARRAY[${columns.join(', ')}]::text[] AS texts FROM ${quoteIdentifier(tableOf(object))}
      WHERE id = ANY($1) AND NOT is_deleted`,
    [ids],
  );
  const documents = rows.map(({ id, texts }) => ({ id, ...documentOf(fields, texts) }));
  await tx.query('DELETE FROM search_document WHERE record_id = ANY($1)', [ids]);
  await tx.query(
    `INSERT INTO search_document (record_id, object, terms, words)
     SELECT id, $2, array_to_tsvector(ARRAY(SELECT DISTINCT term FROM json_array_elements_text(terms) AS t(term))), words
     FROM json_to_recordset($1::json) AS d(id text, terms json, words text)`,
    [JSON.stringify(documents), object.name],
  );
}

function documentOf(
  fields: readonly FieldDescription[],
  texts: readonly (string | null)[],
): { terms: string[]; words: string } {
  const terms = new Set<string>();
  let lines = '';
  for (const [index, field] of fields.entries()) {
    const words = wordsOf(texts[index] ?? '').slice(0, TERMS_MAX);
    if (words.length === 0) continue;
    for (const word of words) if (terms.size < TERMS_MAX) terms.add(word);
    lines += `\n${searchNameOf(field)} ${words.join(' ')} `;
  }
  return { terms: [...terms], words: lines };
}
