/**
 * Runs SOSL. `search(db, caller, sosl, { base })` gives the JSON document of `…/search`: each object's rows come from
 * one SOQL statement with the text index as a further condition, so permissions and sharing are those of SOQL.
 */
import type { Caller } from '../../access/caller.js';
import { ApiError } from '../../errors.js';
import type { FieldDescription, SObjectDescription } from '../../objects/language.js';
import { findObject, nameFieldOf } from '../../objects/registry.js';
import type { Database, Tx } from '../../store/database.js';
import { bindingFor } from '../binding.js';
import type { CheckedQuery, SearchCondition, Source } from '../checked.js';
import { check } from '../checker.js';
import { refuseTooMuch, semanticError } from '../errors.js';
import { bind } from '../parameters.js';
import { type Plan, planOfChecked } from '../plan.js';
import { peopleOf } from '../render/people.js';
import { openSink, takeChunk, writeText } from '../render/sink.js';
import { noSuchType, readableField } from '../scope.js';
import type { Lexed } from '../tokens.js';
import {
  asSearchError,
  malformedSearch,
  parseSearch,
  type Returning,
  type SearchGroup,
  type SearchStatement,
} from './parse.js';
import { type PlannedSearch, planSearch } from './plan-search.js';
import { rowLimits } from './row-limits.js';
import { catchUpSearch, searchableObjects, searchedFields, searchNameOf } from './search-index.js';
import { readSearch, type Search } from './search-text.js';

const OFFSET_MAX = 2_000;
const LIST_VIEW_SINCE = 41;
/** From this version on the records stand in an object. */
const WRAPPED_SINCE = 37;

export interface SearchOptions {
  /** What URLs begin with, such as `/services/data/v60.0`. */
  readonly base: string;
}

/** What a search found of one object: rows of the wire, for whichever renderer, by the plan's own shape. */
export interface FoundRows {
  readonly object: SObjectDescription;
  readonly plan: Plan;
  readonly rows: readonly Buffer[];
}

export interface Found {
  readonly parts: readonly FoundRows[];
  /** WITH METADATA = 'LABELS'. */
  readonly wantsLabels: boolean;
}

/** A search whose statements are made. */
export interface PreparedSearch {
  readonly statement: SearchStatement;
  readonly asked: readonly Returning[];
  /** One for each of `asked`. */
  readonly planned: readonly Part[];
}

/** Reads, checks and compiles a search. Throws as `findRows` does. */
export function prepareSearch(caller: Caller, sosl: string): PreparedSearch {
  const statement = parseSearch(sosl);
  const wanted = readSearch(statement.text);
  const asked = statement.returning ?? everyObject(caller, statement.lexed);
  checkTogether(statement, asked);
  return { statement, asked, planned: planParts(caller, statement, asked, wanted) };
}

/** Runs a search. Throws MALFORMED_SEARCH, INVALID_SEARCH, and what SOQL refuses in RETURNING. */
export async function findRows(db: Database | Tx, caller: Caller, sosl: string): Promise<Found> {
  const { statement, asked, planned } = prepareSearch(caller, sosl);
  const limits = rowLimits(
    asked.map(({ query }) => ({
      refined: query.where !== undefined || query.order.length > 0,
      limit: query.limit?.value,
    })),
    statement.limit,
    caller.apiVersion,
  );
  await catchUpSearch(db);
  const parts: FoundRows[] = [];
  for (const [position, part] of planned.entries()) {
    const rows = await readPart(db, caller, statement.lexed, part, limits[position] as number);
    parts.push({ object: part.object, plan: part.plan, rows });
  }
  return { parts, wantsLabels: statement.with.some(({ name }) => name.toUpperCase() === 'METADATA') };
}

/** The JSON document of a search. Throws as `findRows` does. */
export async function search(
  db: Database | Tx,
  caller: Caller,
  sosl: string,
  options: SearchOptions,
): Promise<Buffer> {
  const { parts, wantsLabels } = await findRows(db, caller, sosl);
  const sink = openSink(4_096);
  const wrapped = caller.apiVersion >= WRAPPED_SINCE;
  writeText(sink, wrapped ? '{"searchRecords":[' : '[');
  const context = { people: peopleOf(caller) };
  let written = 0;
  for (const { plan, rows } of parts) {
    const renderer = plan.json(options.base);
    for (const row of rows) {
      if (written++ > 0) writeText(sink, ',');
      renderer.write(sink, row, context);
    }
  }
  const labels = wantsLabels && wrapped ? `,"metadata":${JSON.stringify(labelsOf(parts))}` : '';
  writeText(sink, `]${labels}${wrapped ? '}' : ''}`);
  return takeChunk(sink);
}

function planParts(
  caller: Caller,
  statement: SearchStatement,
  asked: readonly Returning[],
  wanted: Search,
): readonly Part[] {
  try {
    return asked.map((one) => planPart(caller, statement, one, wanted));
  } catch (error) {
    throw asSearchError(error);
  }
}

export interface Part {
  readonly plan: Plan;
  readonly object: SObjectDescription;
  readonly planned: PlannedSearch;
  readonly offset: number;
}

function everyObject(caller: Caller, lexed: Lexed): readonly Returning[] {
  const at = lexed.tokens.length - 1;
  return searchableObjects()
    .filter((object) => isSearchable(caller, object))
    .map((object) => ({
      at,
      object: object.name,
      listView: undefined,
      query: {
        kind: 'query',
        at,
        select: [{ kind: 'selected', at, expression: { kind: 'path', at, text: 'Id' }, alias: undefined }],
        from: { kind: 'from', at, path: object.name, alias: undefined },
        joins: [],
        scope: undefined,
        where: undefined,
        with: undefined,
        group: undefined,
        having: undefined,
        order: [],
        limit: undefined,
        offset: undefined,
        options: [],
      },
    }));
}

function isSearchable(caller: Caller, object: SObjectDescription): boolean {
  return findObject(object.name, caller.apiVersion) !== undefined && caller.access.object(object.name).read;
}

/** WITH clauses that mean something here, or nothing for these objects; every other one is refused. */
const ACCEPTED_WITH: ReadonlySet<string> = new Set(['HIGHLIGHT', 'SPELL_CORRECTION', 'METADATA', 'SNIPPET']);

function checkTogether(statement: SearchStatement, asked: readonly Returning[]): void {
  for (const { name } of statement.with) {
    const word = name.toUpperCase();
    if (!ACCEPTED_WITH.has(word))
      throw malformedSearch(`WITH ${word} is not supported for the objects searched`);
    if (word === 'HIGHLIGHT' && asked.some(({ object }) => object.toLowerCase() === 'user')) {
      throw malformedSearch('WITH HIGHLIGHT is not supported for User');
    }
  }
  const seen = new Set<string>();
  for (const { object, query } of asked) {
    if (seen.has(object.toLowerCase())) throw malformedSearch(`duplicate object in RETURNING: ${object}`);
    seen.add(object.toLowerCase());
    if (query.offset === undefined) continue;
    if (asked.length > 1) throw malformedSearch('OFFSET can be used with a single object only');
    if (query.offset.value > OFFSET_MAX) {
      throw new ApiError('NUMBER_OUTSIDE_VALID_RANGE', `SOSL offset should be between 0 to ${OFFSET_MAX}`);
    }
  }
}

function planPart(caller: Caller, statement: SearchStatement, returning: Returning, wanted: Search): Part {
  const { lexed } = statement;
  const object = findObject(returning.object, caller.apiVersion);
  if (object === undefined || !caller.access.object(object.name).read) {
    throw semanticError('INVALID_TYPE', lexed, returning.at, noSuchType(returning.object));
  }
  if (!searchableObjects().includes(object)) {
    throw semanticError(
      'INVALID_TYPE_FOR_OPERATION',
      lexed,
      returning.at,
      `entity type ${object.name} does not support search`,
    );
  }
  // LIMIT is shared out, not applied by the query; OFFSET is.
  const checked = check(lexed, caller, { ...returning.query, limit: undefined, offset: undefined });
  if (checked.mode !== 'rows') throw malformedSearch('RETURNING does not support aggregates');
  const planned = planSearch(wanted, fieldsToRead(caller, object, statement.group));
  const condition: SearchCondition = {
    kind: 'search',
    source: checked.sources[0] as Source,
    terms: planned.terms === undefined ? undefined : 'terms',
    reading: planned.reading,
    viewed: isRecent(caller, statement, returning),
  };
  const where: CheckedQuery['where'] =
    checked.where === undefined ? condition : { kind: 'and', operands: [condition, checked.where] };
  const offset = returning.query.offset?.value ?? 0;
  return { plan: planOfChecked({ ...checked, where, offset }, caller, false), object, planned, offset };
}

/** Names of the fields that count; undefined where all that are indexed do. */
function fieldsToRead(
  caller: Caller,
  object: SObjectDescription,
  group: SearchGroup,
): readonly string[] | undefined {
  const all = searchedFields(object);
  const read = all.filter(
    (field) => inGroup(object, field, group) && readableField(caller, object, field.name) !== undefined,
  );
  return read.length === all.length ? undefined : read.map(searchNameOf);
}

/** Fields that NAME FIELDS adds to the name itself. */
const ALSO_NAMES: Readonly<Record<string, string>> = { User: 'CommunityNickname', PermissionSet: 'Label' };

function inGroup(object: SObjectDescription, field: FieldDescription, group: SearchGroup): boolean {
  switch (group) {
    case 'ALL':
    case 'SIDEBAR':
      return true;
    case 'NAME':
      return field === nameFieldOf(object) || field.name === ALSO_NAMES[object.name];
    case 'EMAIL':
      return field.type === 'email';
    case 'PHONE':
      return field.type === 'phone';
  }
}

function isRecent(caller: Caller, { lexed }: SearchStatement, { listView }: Returning): boolean {
  if (listView === undefined) return false;
  if (caller.apiVersion < LIST_VIEW_SINCE || listView.name.toLowerCase() !== 'recent') {
    throw semanticError(
      'MALFORMED_QUERY',
      lexed,
      listView.at,
      `list view '${listView.name}' can not be searched`,
    );
  }
  return true;
}

async function readPart(
  db: Database | Tx,
  caller: Caller,
  lexed: Lexed,
  part: Part,
  limit: number,
): Promise<Buffer[]> {
  if (limit <= 0) return [];
  const { text, parameters } = part.plan.compiled.first;
  const run = {
    object: part.object.name,
    terms: part.planned.terms,
    ...part.planned.patterns,
    limit,
    offset: part.offset,
  };
  const binding = await bindingFor(db, lexed, caller, parameters);
  const statement = { text, values: bind(parameters, { ...binding, run }), isQuery: true };
  const { rows } = await db.dataRows(statement).catch(refuseTooMuch);
  return rows;
}

/** WITH METADATA = 'LABELS': the labels of the fields that came back. */
function labelsOf(parts: readonly FoundRows[]): unknown {
  return {
    entityetadata: parts.map(({ object, plan }) => ({
      entityName: object.name,
      fieldMetadata: plan.query.members.flatMap((member) =>
        member.kind === 'value' && member.value.kind === 'column'
          ? [{ name: member.key, label: member.value.field.label }]
          : [],
      ),
    })),
  };
}
