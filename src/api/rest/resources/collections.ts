/**
 * …/composite/sobjects: up to 200 records of up to ten chunks of types in one call, results in order
 * (salesforce-data-api.md §17.4). A chunk is a run of records of one type; each is one call of the record engine.
 */
import type { Caller } from '../../../access/caller.js';
import { ApiError } from '../../../errors.js';
import type { SObjectDescription } from '../../../objects/language.js';
import { findObject } from '../../../objects/registry.js';
import { createRecords } from '../../../records/create.js';
import { deleteRecords } from '../../../records/delete.js';
import { type RecordInput, ROLLED_BACK, recordError, type SaveResult } from '../../../records/result.js';
import { updateRecords } from '../../../records/update.js';
import { upsertRecords } from '../../../records/upsert.js';
import type { Database, Tx } from '../../../store/database.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import type { JsonDocument } from '../json-document.js';
import { listOf } from '../parameters.js';
import { objectAt, readRecordFields } from '../record-body.js';
import { undoable } from '../undoable.js';
import { restSaveResult, restUpsertResult } from './save-results.js';

const MAX_RECORDS = 200;
const MAX_CHUNKS = 10;

/** A run of records of one type; undefined for a type that does not exist at the caller's version. */
interface Chunk {
  readonly typeName: string;
  readonly object: SObjectDescription | undefined;
  readonly records: RecordInput[];
}

interface SaveRequest {
  readonly object: SObjectDescription;
  readonly records: readonly RecordInput[];
  readonly allOrNone: boolean;
}

type Save = (db: Database | Tx, caller: Caller, request: SaveRequest) => Promise<readonly SaveResult[]>;

export function createCollection(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  return saveCollection(context, request, createRecords);
}

export function updateCollection(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  return saveCollection(context, request, updateRecords);
}

/** `PATCH …/{T}/{field}`: each record is changed, or created where its key names none (v46). */
export async function upsertCollection(
  { db, caller }: RestContext,
  request: RestRequest,
): Promise<RestAnswer> {
  const body = request.json();
  const { allOrNone } = objectAt(body, []);
  const typeName = request.params.type ?? '';
  const chunks = readChunks(body, caller.apiVersion, typeName);
  const other = chunks.find((chunk) => chunk.typeName.toLowerCase() !== typeName.toLowerCase());
  if (other !== undefined) {
    throw new ApiError('INVALID_TYPE', `Records of ${typeName} are upserted here, not of ${other.typeName}`);
  }
  const keyField = request.params.field ?? '';
  const save: Save = (target, who, one) => upsertRecords(target, who, { ...one, keyField });
  const results = await saveChunks({ db, caller }, chunks, allOrNone === true, save);
  return jsonAnswer(results.map(restUpsertResult));
}

/** `?ids=a,b&allOrNone=`: ids of any types. */
export async function deleteCollection(
  { db, caller }: RestContext,
  request: RestRequest,
): Promise<RestAnswer> {
  const ids = listOf(request.query.get('ids'));
  if (ids.length === 0) throw new ApiError('MISSING_ARGUMENT', 'The ids parameter is required');
  refuseTooMany(ids.length);
  const allOrNone = request.query.get('allOrNone')?.toLowerCase() === 'true';
  const results = await deleteRecords(db, caller, ids, { allOrNone });
  return jsonAnswer(results.map(restSaveResult));
}

async function saveCollection(context: RestContext, request: RestRequest, save: Save): Promise<RestAnswer> {
  const body = request.json();
  const { allOrNone } = objectAt(body, []);
  const chunks = readChunks(body, context.caller.apiVersion);
  const results = await saveChunks(context, chunks, allOrNone === true, save);
  return jsonAnswer(results.map(restSaveResult));
}

/** `defaultType` stands for that of a record without attributes. */
function readChunks(body: JsonDocument, apiVersion: number, defaultType?: string): readonly Chunk[] {
  const { records } = objectAt(body, []);
  if (!Array.isArray(records)) throw new ApiError('JSON_PARSER_ERROR', 'records must be a list of records');
  refuseTooMany(records.length);
  const chunks: Chunk[] = [];
  for (const index of records.keys()) {
    const typeName = typeNameOf(objectAt(body, ['records', index]), defaultType);
    let chunk = chunks.at(-1);
    if (chunk === undefined || chunk.typeName.toLowerCase() !== typeName.toLowerCase()) {
      chunk = { typeName, object: findObject(typeName, apiVersion), records: [] };
      chunks.push(chunk);
    }
    chunk.records.push(
      chunk.object === undefined
        ? {}
        : readRecordFields(body, ['records', index], chunk.object, apiVersion, { idAllowed: true }),
    );
  }
  if (chunks.length > MAX_CHUNKS) {
    throw new ApiError(
      'LIMIT_EXCEEDED',
      `Cannot have more than ${MAX_CHUNKS} chunks in a single operation. Please rearrange the data to reduce chunking.`,
    );
  }
  return chunks;
}

function typeNameOf(record: Record<string, unknown>, defaultType?: string): string {
  const { type = defaultType } = (record.attributes ?? {}) as { type?: unknown };
  if (typeof type !== 'string')
    throw new ApiError('MISSING_ARGUMENT', 'Each record needs attributes with its type');
  return type;
}

function refuseTooMany(count: number): void {
  if (count <= MAX_RECORDS) return;
  throw new ApiError(
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${MAX_RECORDS} records into this call`,
  );
}

async function saveChunks(
  { db, caller }: Pick<RestContext, 'db' | 'caller'>,
  chunks: readonly Chunk[],
  allOrNone: boolean,
  save: Save,
): Promise<readonly SaveResult[]> {
  const saveAll = async (target: Database | Tx) => {
    const results: SaveResult[] = [];
    for (const chunk of chunks) results.push(...(await saveChunk(target, caller, chunk, allOrNone, save)));
    return results;
  };
  if (!allOrNone || chunks.length < 2) return saveAll(db);
  const results = await undoable(db, saveAll, allSaved);
  return allSaved(results) ? results : results.map(rolledBack);
}

function allSaved(results: readonly SaveResult[]): boolean {
  return results.every(({ success }) => success);
}

function rolledBack(result: SaveResult): SaveResult {
  return result.success ? { id: null, success: false, errors: [ROLLED_BACK] } : result;
}

async function saveChunk(
  db: Database | Tx,
  caller: Caller,
  { typeName, object, records }: Chunk,
  allOrNone: boolean,
  save: Save,
): Promise<readonly SaveResult[]> {
  if (object !== undefined) return save(db, caller, { object, records, allOrNone });
  const error = recordError('INVALID_TYPE', `sObject type '${typeName}' is not supported.`);
  return records.map(() => ({ id: null, success: false, errors: [error] }));
}
