/**
 * Up to 200 records of up to ten chunks: a chunk is a run of records of one object, one call of the record engine, a
 * transaction of its own unless all must succeed together (salesforce-data-api.md §10).
 */
import { ApiError } from '../../errors.js';
import type { SObjectDescription } from '../../objects/language.js';
import { type RecordInput, ROLLED_BACK, type SaveResult } from '../../records/result.js';
import type { Database, Tx } from '../../store/database.js';
import type { SentRecord } from './read-sobject.js';

export const MAX_RECORDS = 200;
const MAX_CHUNKS = 10;

type SaveChunk = (
  db: Database | Tx,
  object: SObjectDescription,
  records: readonly RecordInput[],
) => Promise<readonly SaveResult[]>;

/** Carries the results out of a transaction that must not commit. */
class Undone extends Error {
  constructor(readonly results: readonly SaveResult[]) {
    super('undone');
  }
}

/** @throws ApiError EXCEEDED_ID_LIMIT for more than 200 records or ids */
export function refuseTooMany(count: number): void {
  if (count <= MAX_RECORDS) return;
  throw new ApiError(
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${MAX_RECORDS} records into this call`,
  );
}

/** Results in the order of the records. Throws LIMIT_EXCEEDED for too many chunks. */
export async function saveChunks(
  db: Database,
  sent: readonly SentRecord[],
  allOrNone: boolean,
  save: SaveChunk,
): Promise<readonly SaveResult[]> {
  const chunks = chunksOf(sent);
  const saveAll = async (target: Database | Tx) => {
    const results: SaveResult[] = [];
    for (const { object, records } of chunks) results.push(...(await save(target, object, records)));
    return results;
  };
  if (!allOrNone || chunks.length < 2) return saveAll(db);
  try {
    return await db.tx(async (tx) => {
      const results = await saveAll(tx);
      if (results.some(({ success }) => !success)) throw new Undone(results);
      return results;
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    return error.results.map((result) =>
      result.success ? { id: null, success: false, errors: [ROLLED_BACK] } : result,
    );
  }
}

interface Chunk {
  readonly object: SObjectDescription;
  readonly records: RecordInput[];
}

function chunksOf(sent: readonly SentRecord[]): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (const { object, fields } of sent) {
    let chunk = chunks.at(-1);
    if (chunk?.object !== object) {
      chunk = { object, records: [] };
      chunks.push(chunk);
    }
    chunk.records.push(fields);
  }
  if (chunks.length <= MAX_CHUNKS) return chunks;
  throw new ApiError(
    'LIMIT_EXCEEDED',
    `Cannot have more than ${MAX_CHUNKS} chunks in a single operation. Please rearrange the data to reduce chunking.`,
  );
}
