/**
 * POST …/composite/tree/{T}: records with their children, up to 200 in all, five levels, five types, all or nothing
 * (salesforce-data-api.md §17.3). Each level is created by one call per type, parents before children; results stand
 * in that order.
 */
import type { FieldDescription, SObjectDescription } from '../../../objects/language.js';
import { fieldOf, findObject } from '../../../objects/registry.js';
import { createRecords } from '../../../records/create.js';
import { type RecordError, recordError, type SaveResult } from '../../../records/result.js';
import type { Tx } from '../../../store/database.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import type { JsonDocument, JsonPath } from '../json-document.js';
import { objectAt, readRecordFields } from '../record-body.js';
import { objectOfPath } from '../row-target.js';
import { undoable } from '../undoable.js';
import { restSaveError } from './save-results.js';

const MAX_RECORDS = 200;
const MAX_LEVELS = 5;
const MAX_TYPES = 5;

/** One record of the tree; `id` is set when it has been created. */
interface Node {
  readonly referenceId: string;
  readonly object: SObjectDescription;
  readonly fields: Map<string, unknown>;
  /** The parent and the field of this record that names it. */
  readonly parent: { readonly node: Node; readonly field: string } | undefined;
  id: string | null;
}

interface NodeFailure {
  readonly referenceId: string;
  readonly errors: readonly RecordError[];
}

/** Thrown while the tree is read; names the record at fault. */
class TreeRefusal extends Error {
  constructor(readonly failure: NodeFailure) {
    super('the tree is refused');
  }
}

export async function createTree(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  let levels: readonly (readonly Node[])[];
  try {
    levels = readLevels(request.json(), object, context.caller.apiVersion);
  } catch (error) {
    if (error instanceof TreeRefusal) return failed([error.failure]);
    throw error;
  }
  const failures = await undoable(
    context.db,
    (tx) => createLevels(tx, context, levels),
    (found) => found.length === 0,
  );
  if (failures.length > 0) return failed(failures);
  const results = levels.flat().map(({ referenceId, id }) => ({ referenceId, id }));
  return jsonAnswer({ hasErrors: false, results }, 201);
}

function failed(failures: readonly NodeFailure[]): RestAnswer {
  const results = failures.map(({ referenceId, errors }) => ({
    referenceId,
    errors: errors.map(restSaveError),
  }));
  return jsonAnswer({ hasErrors: true, results }, 400);
}

function readLevels(body: JsonDocument, root: SObjectDescription, apiVersion: number): Node[][] {
  const levels: Node[][] = [];
  const seen = new Set<string>();
  const types = new Set<string>();

  const readRecords = (
    path: JsonPath,
    object: SObjectDescription,
    level: number,
    parent: { readonly node: Node; readonly field: string } | undefined,
  ) => {
    const { records } = objectAt(body, path);
    if (!Array.isArray(records)) throw refusal('', 'records must be a list of records');
    for (const index of records.keys()) {
      const at = [...path, 'records', index];
      const record = objectAt(body, at);
      const { type, referenceId } = (record.attributes ?? {}) as Record<string, unknown>;
      if (typeof referenceId !== 'string' || referenceId === '')
        throw refusal('', 'Include a referenceId for each record.');
      if (seen.has(referenceId)) throw refusal(referenceId, 'Duplicate ReferenceId provided in the request.');
      if (typeof type !== 'string' || type.toLowerCase() !== object.name.toLowerCase()) {
        throw refusal(referenceId, `The type of the record must be ${object.name}.`);
      }
      seen.add(referenceId);
      types.add(object.name);
      if (seen.size > MAX_RECORDS) throw refusal(referenceId, `A tree has at most ${MAX_RECORDS} records.`);
      if (types.size > MAX_TYPES)
        throw refusal(referenceId, `A tree has records of at most ${MAX_TYPES} types.`);
      if (level >= MAX_LEVELS) throw refusal(referenceId, `A tree has at most ${MAX_LEVELS} levels.`);

      const childSets = Object.keys(record).filter((key) => isChildSet(record[key]));
      const fields = readRecordFields(body, at, object, apiVersion, { idAllowed: true, skip: childSets });
      const node: Node = { referenceId, object, fields, parent, id: null };
      levels[level] = [...(levels[level] ?? []), node];
      for (const name of childSets) {
        const child = childOf(object, name, apiVersion);
        if (child === undefined) {
          throw refusal(
            referenceId,
            `No such column '${name}' on sobject of type ${object.name}`,
            'INVALID_FIELD',
          );
        }
        readRecords([...at, name], child.object, level + 1, { node, field: child.field.name });
      }
    }
  };

  readRecords([], root, 0, undefined);
  return levels;
}

function refusal(referenceId: string, message: string, code = 'INVALID_INPUT'): TreeRefusal {
  return new TreeRefusal({ referenceId, errors: [recordError(code, message)] });
}

function isChildSet(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Array.isArray((value as { records?: unknown }).records)
  );
}

/** The child object behind a relationship name, with the field that points to the parent. */
function childOf(
  parent: SObjectDescription,
  relationshipName: string,
  apiVersion: number,
): { readonly object: SObjectDescription; readonly field: FieldDescription } | undefined {
  const relationship = parent.childRelationships.find(
    (one) => one.relationshipName?.toLowerCase() === relationshipName.toLowerCase(),
  );
  const object = relationship && findObject(relationship.childSObject, apiVersion);
  const field = object && relationship && fieldOf(object, relationship.field);
  return object === undefined || field === undefined ? undefined : { object, field };
}

/** Creates level after level; stops after a level with failures, for its children have no parent. */
async function createLevels(
  tx: Tx,
  { caller }: RestContext,
  levels: readonly (readonly Node[])[],
): Promise<NodeFailure[]> {
  for (const level of levels) {
    const failures: NodeFailure[] = [];
    for (const object of new Set(level.map((node) => node.object))) {
      const nodes = level.filter((node) => node.object === object);
      for (const node of nodes) if (node.parent) node.fields.set(node.parent.field, node.parent.node.id);
      const records = nodes.map(({ fields }) => fields);
      const results = await createRecords(tx, caller, { object, records, allOrNone: false });
      failures.push(...failuresOf(nodes, results));
    }
    if (failures.length > 0) return failures;
  }
  return [];
}

function failuresOf(nodes: readonly Node[], results: readonly SaveResult[]): NodeFailure[] {
  const failures: NodeFailure[] = [];
  for (const [index, node] of nodes.entries()) {
    const result = results[index];
    if (result?.success === true) node.id = result.id;
    else failures.push({ referenceId: node.referenceId, errors: result?.errors ?? [] });
  }
  return failures;
}
