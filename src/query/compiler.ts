/**
 * Checked query -> SQL statements and the shape of their rows. One statement reads the rows of a page; further ones
 * count, collect ids for a materialised cursor, or begin behind a key. Every value is a parameter.
 * How it runs: DECISIONS 8 (who may) and 9 (cursors, nulls, bytes).
 */

import type { Caller } from '../access/caller.js';
import type { FieldType, SObjectDescription } from '../objects/language.js';
import { joinedColumn } from './check-condition.js';
import {
  type CheckedQuery,
  type ColumnValue,
  isNullable,
  type Member,
  type Source,
  typeOf,
  type Value,
} from './checked.js';
import { conditionSql } from './compile-condition.js';
import {
  branches,
  limitsOf,
  pointProbe,
  probe,
  relationSql,
  scanSql,
  teamOwners,
} from './compile-sharing.js';
import {
  aliasOf,
  callerId,
  columnsOfField,
  groupSql,
  orderSql,
  ROOT_PREFIX,
  type Tables,
  valueSql,
  viewedAliasOf,
} from './compile-value.js';
import { askedAccess } from './computed/record-access.js';
import { computedRelationSql } from './computed/relation.js';
import type { MemberShape, RecordShape, ValueForm } from './shape.js';
import { openWriter, parameter, type SqlWriter, type Statement, sharedParameter } from './sql-writer.js';

/** Children of one row that come with it; more are behind a locator of their own. */
export const CHILDREN_MAX = 2_000;

/** The keys a keyset cursor continues behind. */
export interface KeyColumn {
  readonly sql: string;
  readonly cast: 'text' | 'timestamptz';
  /** Where the value stands in a row. */
  readonly column: number;
}

export interface Compiled {
  readonly mode: CheckedQuery['mode'];
  readonly record: RecordShape;
  readonly columnCount: number;
  /** The first page, or the groups, or the count. Run parameters: limit, and offset where the query has one. */
  readonly first: Statement;
  /** Keyset cursors: the keys, all in one direction. Undefined when the order needs a materialised cursor. */
  readonly keys: { readonly columns: readonly KeyColumn[]; readonly descending: boolean } | undefined;
  /** Where the record's id stands in a row. */
  readonly idColumn: number | undefined;
  /** Columns of moments that are only shown, and as they are: they may travel in PostgreSQL's binary form. */
  readonly moments: ReadonlySet<number>;
}

/** What a statement is compiled from, beyond the query itself. */
export interface CompileContext {
  readonly caller: Caller;
  /** queryAll: deleted rows too. */
  readonly all: boolean;
}

/** Own columns that never change and are never null, so a page may begin behind them (DECISIONS 9). */
const KEYSET_FIELDS: ReadonlySet<string> = new Set(['Id', 'CreatedDate', 'LoginTime']);

export function compile(query: CheckedQuery, context: CompileContext): Compiled {
  const page = startPage(query, context);
  if (query.mode === 'count') {
    const text = `SELECT count(*)\nFROM (SELECT 1\n${scan(page)}\nLIMIT ${parameter(page.writer, { kind: 'run', name: 'limit' })}) AS counted`;
    return {
      mode: 'count',
      record: page.record,
      columnCount: page.columns.length,
      first: finish(page, text),
      keys: undefined,
      idColumn: undefined,
      moments: NO_MOMENTS,
    };
  }
  if (query.mode === 'groups') {
    return {
      mode: 'groups',
      record: page.record,
      columnCount: page.columns.length,
      first: finish(page, groupStatement(page)),
      keys: undefined,
      idColumn: undefined,
      moments: NO_MOMENTS,
    };
  }
  return {
    mode: 'rows',
    record: page.record,
    columnCount: page.columns.length,
    first: finish(page, limitedRows(page)),
    keys: page.keys,
    idColumn: page.idColumn,
    moments: momentsOf(page),
  };
}

const NO_MOMENTS: ReadonlySet<number> = new Set();

/** A key that may be read is text, and so is whatever is written in more than one form. */
function momentsOf({ record, keys, query }: Page): ReadonlySet<number> {
  if (query.object.computed === true) return NO_MOMENTS;
  const moments = new Set<number>();
  for (const member of record.members)
    if (member.kind === 'value' && member.form === 'datetime') moments.add(member.column);
  const isContinued = query.limit === undefined || query.limit > EVERY_BATCH;
  if (isContinued) for (const { column } of keys?.columns ?? []) moments.delete(column);
  for (const member of record.members) {
    if (member.kind === 'value' && member.form !== 'datetime') moments.delete(member.column);
  }
  return moments;
}

/** A page of a keyset cursor. Run parameters: limit, maxId, key0 …, and with `bounded` end0 …, the next page's start. */
export function compileKeysetPage(query: CheckedQuery, context: CompileContext, bounded: boolean): Statement {
  const page = startPage(query, context);
  const { keys } = page;
  if (keys === undefined) throw new Error('not a keyset cursor');
  const behind = keyComparison(page, keys.descending ? '<' : '>', 'key');
  const until = bounded ? [keyComparison(page, keys.descending ? '>=' : '<=', 'end')] : [];
  const idSql = page.columns[page.idColumn as number] as string;
  const highest = `${idSql} <= ${parameter(page.writer, { kind: 'run', name: 'maxId' })}`;
  return finish(page, limitedRows(page, [behind, ...until, highest]));
}

/** Exact count of the rows, and the highest id issued, for a keyset cursor being opened. Run parameter: limit. */
export function compileCount(query: CheckedQuery, context: CompileContext): Statement {
  const page = startPage(query, context);
  const table = relationOf(page, query.object);
  const counted = `SELECT 1\n${scan(page)}\nLIMIT ${parameter(page.writer, { kind: 'run', name: 'limit' })}`;
  return finish(
    page,
    `SELECT count(*) AS total, (SELECT max("id") FROM ${table} AS issued) AS max_id\nFROM (${counted}) AS counted`,
  );
}

/**
 * Stores the ids of all rows in order for a materialised cursor being opened, and gives their number. Run parameters:
 * cursorId, chunkIds, limit.
 */
export function compileIds(query: CheckedQuery, context: CompileContext): Statement {
  const page = startPage(query, context);
  const run = (name: string) => parameter(page.writer, { kind: 'run', name });
  const id = page.columns[page.idColumn as number] as string;
  const ids = `SELECT ${id} AS id\n${scan(page)}\n${orderBy(page)}\nLIMIT ${run('limit')}`;
  const numbered = `SELECT id, row_number() OVER () - 1 AS n FROM (${ids}) AS ordered`;
  const filled = `INSERT INTO "query_cursor_ids" ("cursor_id", "chunk", "ids")
SELECT ${run('cursorId')}::text, n / ${run('chunkIds')}::int, array_agg(id ORDER BY n) FROM (${numbered}) AS numbered GROUP BY 2
RETURNING cardinality("ids") AS n`;
  return finish(page, `WITH filled AS (${filled}) SELECT coalesce(sum(n), 0)::bigint AS total FROM filled`);
}

/** One row by its id, whatever the query's own conditions. Run parameter: id. */
export function compileById(query: CheckedQuery, context: CompileContext): Statement {
  const page = startPage(query, context);
  const id = `${page.columns[page.idColumn as number]} = ${parameter(page.writer, { kind: 'run', name: 'id' })}`;
  const limits = limitsOf(context.caller, query.object);
  const open = limits === undefined ? [] : [pointProbe(page.writer, limits, rootAlias(page))];
  const where = whereClause([...rowPredicates(page), ...open, id]);
  return finish(page, `${selectList(page)}\nFROM ${rootTable(page)}${joins(page)}\n${where}`);
}

/** The rows of given ids in the order given, checked again for deletion and access. Run parameter: ids. */
export function compileByIds(query: CheckedQuery, context: CompileContext): Statement {
  const page = startPage(query, context);
  const ids = parameter(page.writer, { kind: 'run', name: 'ids' });
  const id = page.columns[page.idColumn as number] as string;
  const from = `FROM unnest(${ids}::text[]) WITH ORDINALITY AS wanted(id, n)\nJOIN ${rootTable(page)} ON ${id} = wanted.id`;
  const where = [...rowPredicates(page), ...probes(page)];
  const text = [selectList(page), `${from}${joins(page)}`, whereClause(where), 'ORDER BY wanted.n'].filter(
    (part) => part !== '',
  );
  return finish(page, text.join('\n'));
}

// ---- a statement being written -------------------------------------------------------------------------

interface Page {
  readonly query: CheckedQuery;
  readonly context: CompileContext;
  readonly writer: SqlWriter;
  readonly tables: Tables;
  /** Selected expressions, each once. */
  readonly columns: string[];
  readonly columnNumbers: Map<string, number>;
  /** LATERAL sub-queries of children, as joins. */
  readonly laterals: string[];
  readonly record: RecordShape;
  readonly keys: Compiled['keys'];
  readonly idColumn: number | undefined;
}

function startPage(
  query: CheckedQuery,
  context: CompileContext,
  writer = openWriter(),
  prefix = ROOT_PREFIX,
): Page {
  const tables: Tables = { writer, prefix };
  const draft: Draft = {
    query,
    context,
    writer,
    tables,
    columns: [],
    columnNumbers: new Map(),
    laterals: [],
  };
  const rows = query.mode === 'rows';
  const idColumn = rows ? addColumn(draft, `${aliasOf(tables, query.sources[0] as Source)}."id"`) : undefined;
  const type = rows ? query.object.name : 'AggregateResult';
  const members = query.members.map((member) => memberShape(draft, member));
  return {
    query,
    context,
    writer,
    tables,
    columns: draft.columns,
    columnNumbers: draft.columnNumbers,
    laterals: draft.laterals,
    record: { type, id: idColumn, kindColumn: undefined, members },
    keys: idColumn === undefined ? undefined : keysOf(draft, idColumn),
    idColumn,
  };
}

type Draft = Pick<Page, 'query' | 'context' | 'writer' | 'tables' | 'columns' | 'columnNumbers' | 'laterals'>;

function addColumn(draft: Draft, sql: string): number {
  const known = draft.columnNumbers.get(sql);
  if (known !== undefined) return known;
  const number = draft.columns.push(sql) - 1;
  draft.columnNumbers.set(sql, number);
  return number;
}

const finish = (page: Page, text: string): Statement => ({ text, parameters: page.writer.parameters });

// ---- what is selected ----------------------------------------------------------------------------------

function memberShape(draft: Draft, member: Member): MemberShape {
  const { key } = member;
  switch (member.kind) {
    case 'value': {
      const form = formOf(member.value, member.as);
      const shape = {
        kind: 'value' as const,
        key,
        column: addColumn(draft, valueSql(draft.tables, member.value)),
        form,
      };
      return member.labels === undefined ? shape : { ...shape, labels: member.labels };
    }
    case 'parent': {
      const presence = addColumn(draft, `${aliasOf(draft.tables, member.source)}."id"`);
      return {
        kind: 'parent',
        key,
        presence,
        record: parentRecord(draft, member.source, presence, member.members),
      };
    }
    case 'typeof': {
      const name = aliasOf(draft.tables, member.source);
      const kindColumn = addColumn(draft, `${name}."kind"`);
      const id = addColumn(draft, `${name}."id"`);
      const branches = member.when.map(({ source, members }) => ({
        type: source.object.name,
        record: {
          type: source.object.name,
          id,
          kindColumn: undefined,
          members: members.map((one) => memberShape(draft, one)),
        },
      }));
      const otherwise =
        member.otherwise === undefined ? undefined : parentRecord(draft, member.source, id, member.otherwise);
      return { kind: 'typed', key, kindColumn, branches, otherwise };
    }
    case 'children': {
      const lateral = childrenLateral(draft, member);
      return {
        kind: 'children',
        key,
        column: addColumn(draft, lateral.column),
        record: lateral.record,
        columnCount: lateral.columnCount,
      };
    }
  }
}

function parentRecord(draft: Draft, source: Source, id: number, members: readonly Member[]): RecordShape {
  const kindColumn =
    source.kind === 'name' ? addColumn(draft, `${aliasOf(draft.tables, source)}."kind"`) : undefined;
  return { type: source.object.name, id, kindColumn, members: members.map((one) => memberShape(draft, one)) };
}

/** Children of a row as one column: a JSON array of rows of texts, rendered again by every protocol. */
function childrenLateral(
  draft: Draft,
  member: Member & { kind: 'children' },
): { column: string; record: RecordShape; columnCount: number } {
  const { query } = member;
  const alias = `k${++draft.writer.aliases}`;
  const page = startPage(query, draft.context, draft.writer, `${alias}_`);
  const via = `${aliasOf(page.tables, query.sources[0] as Source)}.${columnsOfField(member.via).column}`;
  const parent = `${aliasOf(draft.tables, member.of)}."id"`;
  const from = `FROM ${rootTable(page)}${joins(page)}\n${whereClause(conditions(page, [...probes(page), `${via} = ${parent}`]))}`;
  const names = page.columns.map((_, index) => `c${index}`);
  const list = page.columns.map((sql, index) => `(${sql})::text AS c${index}`).join(', ');
  const limit = Math.min(query.limit ?? CHILDREN_MAX + 1, CHILDREN_MAX + 1);
  const offset = query.offset === undefined ? '' : `\nOFFSET ${query.offset}`;
  const rows = `SELECT ${list}\n${from}\n${orderBy(page)}\nLIMIT ${limit}${offset}`;
  draft.laterals.push(
    `\nLEFT JOIN LATERAL (SELECT json_agg(ARRAY[${names.join(', ')}]) AS rows FROM (${rows}) AS ${alias}_rows) AS ${alias} ON true`,
  );
  return { column: `${alias}.rows`, record: page.record, columnCount: page.columns.length };
}

const FORMS: Partial<Record<FieldType, ValueForm>> = {
  id: 'id',
  reference: 'id',
  int: 'integer',
  long: 'integer',
  double: 'double',
  currency: 'double',
  percent: 'double',
  boolean: 'boolean',
  datetime: 'datetime',
  date: 'date',
  time: 'time',
  json: 'json',
  complexvalue: 'json',
  anyType: 'any',
};

function formOf(value: Value, as: 'plain' | 'format' | 'label'): ValueForm {
  const type = typeOf(value);
  if (as === 'label') return 'label';
  const form = FORMS[type] ?? 'text';
  if (as === 'plain') return form;
  if (form === 'datetime') return 'format-datetime';
  if (form === 'date') return 'format-date';
  return form === 'integer' || form === 'double' ? 'format-number' : form;
}

function selectList(page: Page): string {
  return `SELECT ${page.columns.join(', ')}`;
}

// ---- FROM and WHERE ------------------------------------------------------------------------------------

function rootTable(page: Page): string {
  return `${relationOf(page, page.query.object)} AS ${aliasOf(page.tables, page.query.sources[0] as Source)}`;
}

/** What the rows of an object are read from; those of computed objects come as a parameter. */
function relationOf({ writer, query }: Page, object: SObjectDescription): string {
  if (object.computed !== true) return relationSql(object);
  const source = { object, asked: object === query.object ? askedAccess(query.where) : undefined };
  const rows = sharedParameter(writer, `rows ${object.name}`, { kind: 'rows', source });
  return computedRelationSql(object, rows);
}

function joins(page: Page): string {
  let text = '';
  for (const source of page.query.sources) {
    if (source.parent !== undefined && source.via !== undefined)
      text += joinOf(page, source, source.parent, source.via.name);
    if (page.query.viewed.has(source)) {
      const viewed = viewedAliasOf(page.tables, source);
      text += `\nLEFT JOIN "recently_viewed" AS ${viewed} ON ${viewed}."user_id" = ${callerId(page.tables)} AND ${viewed}."record_id" = ${aliasOf(page.tables, source)}."id"`;
    }
  }
  return text + page.laterals.join('');
}

function joinOf(page: Page, source: Source, parent: Source, via: string): string {
  const alias = aliasOf(page.tables, source);
  // TYPEOF looks at one table of those the Name row may stand for; both hang on the same reference.
  const holder = source.kind === 'typed' ? (parent.parent as Source) : parent;
  const field = holder.object.fields.find((one) => one.name === via);
  if (field === undefined) throw new Error(`${holder.object.name} has no ${via}`);
  const table = source.kind === 'name' ? '"principal"' : relationOf(page, source.object);
  // Definitions are referred to by names that outlive their ids.
  const key = source.object.computed === true ? '"durable_id"' : '"id"';
  return `\nLEFT JOIN ${table} AS ${alias} ON ${alias}.${key} = ${aliasOf(page.tables, holder)}.${columnsOfField(field).column}`;
}

/** FROM and WHERE of a statement that may read all rows the caller sees. */
function scan(page: Page): string {
  const { query, context, writer } = page;
  const limits = limitsOf(context.caller, query.object);
  const root =
    limits === undefined ? rootTable(page) : `${scanSql(writer, limits, query.object)} AS ${rootAlias(page)}`;
  return withClause(`FROM ${root}${joins(page)}`, whereClause(conditions(page)));
}

/** Rows in order, at most so many: one SELECT, or one a branch of what is shared with the caller, merged. */
function limitedRows(page: Page, more: readonly string[] = []): string {
  const { query, context, writer } = page;
  const tests = conditions(page, more);
  const limits = limitsOf(context.caller, query.object);
  const parts = limits === undefined ? [] : branches(writer, limits, rootAlias(page));
  const terms = orderTerms(page);
  const order = orderClause(terms);
  if (joinsLate(page, whereClause([...tests, ...parts]) + order)) {
    return lateJoined(page, order, (columns) => readRows(page, columns, tests, parts, order));
  }
  if (parts.length < 2) {
    const from = withClause(`FROM ${rootTable(page)}${joins(page)}`, whereClause([...tests, ...parts]));
    return `${selectList(page)}\n${from}\n${order}\n${limitAndOffset(page)}`;
  }
  return mergedRows(page, tests, parts, terms);
}

/** Columns of the root's own rows, at most so many. */
function readRows(
  page: Page,
  columns: string,
  tests: readonly string[],
  parts: readonly string[],
  order: string,
): string {
  const select = `SELECT ${columns}`;
  const branch = (part: readonly string[], limit: string) =>
    `${select}\n${withClause(`FROM ${rootTable(page)}`, whereClause([...tests, ...part]))}\n${order}\n${limit}`;
  if (parts.length < 2) return branch(parts, limitAndOffset(page));
  const limit = limitOfBranch(page);
  const branched = parts.map((part) => `(${branch([part], limit)})`).join('\nUNION ALL\n');
  return `${select} FROM (\n${branched}\n) AS ${rootAlias(page)}\n${order}\n${limitAndOffset(page)}`;
}

/** The same with all that is joined, where rows are found or sorted by it. */
function mergedRows(
  page: Page,
  tests: readonly string[],
  parts: readonly string[],
  order: readonly OrderTerm[],
): string {
  const from = `FROM ${rootTable(page)}${joins(page)}`;
  const asked = whereClause(tests);
  const rest = `${orderClause(order)}\n${limitOfBranch(page)}`;
  const { columns } = page;
  let inner = '';
  let outer = '';
  for (let index = 0; index < columns.length; index++) {
    const comma = index === 0 ? '' : ', ';
    inner += comma + columns[index] + asColumn(index);
    outer += comma + columnName(index);
  }
  let merged = '';
  for (const [index, { sql, suffix }] of order.entries()) {
    inner += `, ${sql} AS o${index}`;
    merged += `${index === 0 ? '' : ', '}o${index}${suffix}`;
  }
  let branched = '';
  for (const part of parts) {
    const where = asked === '' ? 'WHERE' : `${asked} AND`;
    branched += `${branched === '' ? '' : '\nUNION ALL\n'}(SELECT ${inner}\n${from}\n${where} ${part}\n${rest})`;
  }
  return `SELECT ${outer} FROM (\n${branched}\n) AS merged\nORDER BY ${merged}\n${limitAndOffset(page)}`;
}

/**
 * Whether what is joined is only shown: parents, of which each join finds at most one by its key and takes no row away,
 * and children. So the page may be cut first, and only its rows are joined: all at once, where a plan that may stop
 * anywhere looks each one up, and one that sorts would look up those of every row there is.
 */
function joinsLate(page: Page, asked: string): boolean {
  const { query, tables } = page;
  if (query.object.computed === true) return false;
  const joined = query.sources.filter(({ parent }) => parent !== undefined);
  return (
    joined.length + page.laterals.length > 0 &&
    joined.every(({ object }) => object.computed !== true) &&
    ![...joined.map((source) => aliasOf(tables, source)), ...viewedAliases(page)].some((alias) =>
      asked.includes(`${alias}.`),
    )
  );
}

const viewedAliases = ({ query, tables }: Page): string[] =>
  [...query.viewed].map((source) => viewedAliasOf(tables, source));

/** The rows of the page, as `read` gives these columns of them, under the name of their table: joined behind their LIMIT. */
function lateJoined(page: Page, order: string, read: (columns: string) => string): string {
  const root = rootAlias(page);
  const select = selectList(page);
  const joined = joins(page);
  // Every use of a column is spelled `alias."column"`; what is shown, joined or sorted by must come out of the page.
  const used = `${select}${joined}${order}`.match(new RegExp(`\\b${root}\\."\\w+"`, 'g'));
  const columns = [...new Set(used)].join(', ');
  return `${select}\nFROM (\n${read(columns)}\n) AS ${root}${joined}\n${order}`;
}

/** Names of the columns two branches have in common. */
const COLUMN_NAMES = Array.from({ length: 128 }, (_, index) => `c${index}`);
const AS_COLUMNS = COLUMN_NAMES.map((name) => ` AS ${name}`);
const columnName = (index: number): string => COLUMN_NAMES[index] ?? `c${index}`;
const asColumn = (index: number): string => AS_COLUMNS[index] ?? ` AS c${index}`;

const rootAlias = (page: Page): string => aliasOf(page.tables, page.query.sources[0] as Source);

const withClause = (from: string, clause: string): string => (clause === '' ? from : `${from}\n${clause}`);

/** What the query itself asks of its rows. */
function conditions(page: Page, more: readonly string[] = []): string[] {
  const { where } = page.query;
  const tests = [...rowPredicates(page), ...more];
  return where === undefined ? tests : [...tests, conditionSql(conditionTarget(page), where)];
}

/** Whether rows found by their ids are shared with the caller. */
function probes(page: Page): string[] {
  const limits = limitsOf(page.context.caller, page.query.object);
  return limits === undefined ? [] : [probe(page.writer, limits, rootAlias(page))];
}

const whereClause = (tests: readonly string[]): string =>
  tests.length === 0 ? '' : `WHERE ${tests.join(' AND ')}`;

/** What holds for every row read, whatever the query says: not deleted, in scope. Sharing comes on top. */
function rowPredicates(page: Page): string[] {
  const { query, context, tables } = page;
  const root = aliasOf(tables, query.sources[0] as Source);
  const tests = context.all ? [] : [`${root}."is_deleted" = false`];
  const ownedBy = (kind: 'Queue' | 'User') =>
    `EXISTS (SELECT 1 FROM "principal" AS p WHERE p."id" = ${root}."owner_id" AND p."kind" = '${kind}')`;
  switch (query.scope) {
    case 'everything':
    // Nobody can define a scoping rule here, and where no rule applies the scope is everything.
    case 'scopingrule':
      break;
    case 'team':
      tests.push(ownedBy('User'), `${root}."owner_id" = ANY(${teamOwners(page.writer, query.object)})`);
      break;
    case 'mine':
      tests.push(`${root}."owner_id" = ${callerId(tables)}`);
      break;
    case 'queue_owned':
      tests.push(ownedBy('Queue'));
      break;
    case 'user_owned':
      tests.push(ownedBy('User'));
      break;
  }
  return tests;
}

function conditionTarget(page: Page) {
  return {
    tables: page.tables,
    honorEmptyStrings: page.query.honorEmptyStrings,
    semiJoin: (join: { readonly query: CheckedQuery }) => {
      const inner = startPage(join.query, page.context, page.writer, `j${++page.writer.aliases}_`);
      return `SELECT ${valueSql(inner.tables, joinedColumn(join.query))} ${scan(inner).replaceAll('\n', ' ')}`;
    },
  };
}

// ---- ORDER BY, LIMIT -----------------------------------------------------------------------------------

/** The keys of a keyset cursor: immutable columns of the row itself, in one direction, with Id last. */
function keysOf(draft: Draft, idColumn: number): Compiled['keys'] {
  const { query } = draft;
  const [first] = query.order;
  const descending = first?.descending ?? false;
  const columns: KeyColumn[] = [];
  for (const { by, descending: down } of query.order) {
    if (
      by.kind !== 'column' ||
      by.source.index !== 0 ||
      !KEYSET_FIELDS.has(by.field.name) ||
      down !== descending
    )
      return undefined;
    if (isNullable(by)) return undefined;
    const sql = valueSql(draft.tables, by);
    if (by.field.type === 'id')
      return { columns: [...columns, { sql, cast: 'text', column: idColumn }], descending };
    columns.push({ sql, cast: 'timestamptz', column: addColumn(draft, sql) });
  }
  const id = draft.columns[idColumn] as string;
  return { columns: [...columns, { sql: id, cast: 'text', column: idColumn }], descending };
}

function keyComparison(page: Page, operator: string, name: 'key' | 'end'): string {
  const columns = page.keys?.columns ?? [];
  const right = columns.map(
    ({ cast }, index) => `${parameter(page.writer, { kind: 'run', name: `${name}${index}` })}::${cast}`,
  );
  if (columns.length === 1) return `${columns[0]?.sql} ${operator} ${right[0]}`;
  return `(${columns.map(({ sql }) => sql).join(', ')}) ${operator} (${right.join(', ')})`;
}

/** One expression rows are sorted by, and in which direction. */
interface OrderTerm {
  readonly sql: string;
  readonly suffix: string;
}

/** Rows always come in one order, so that pages, LIMIT and OFFSET repeat: Id decides last. */
function orderTerms(page: Page): OrderTerm[] {
  const { query } = page;
  const terms = askedOrder(page);
  const decided = query.order.some(({ by }) => by.kind === 'column' && isRootId(by));
  if (decided) return terms;
  const sql = page.columns[page.idColumn as number] as string;
  return [...terms, { sql, suffix: page.keys?.descending === true ? ' DESC' : '' }];
}

const orderClause = (terms: readonly OrderTerm[]): string =>
  `ORDER BY ${terms.map(({ sql, suffix }) => `${sql}${suffix}`).join(', ')}`;

const orderBy = (page: Page): string => orderClause(orderTerms(page));

const isRootId = ({ source, field }: ColumnValue): boolean => source.index === 0 && field.name === 'Id';

/** NULLS … only where a value can be null: elsewhere it would keep PostgreSQL from reading an index in order. */
function askedOrder({ query, tables }: Page): OrderTerm[] {
  const terms: OrderTerm[] = [];
  for (const { by, descending, nullsLast } of query.order) {
    // Subtotals of ROLLUP and CUBE have null where the total is over everything.
    const nullable = isNullable(by) || (query.group?.mode ?? 'plain') !== 'plain';
    const nulls = nullable ? (nullsLast ? ' NULLS LAST' : ' NULLS FIRST') : '';
    const suffix = descending ? ` DESC${nulls}` : nulls;
    for (const sql of orderSql(tables, by)) terms.push({ sql, suffix });
  }
  return terms;
}

/** Rows that every batch size holds, so that a LIMIT of no more is the number of rows read. */
const EVERY_BATCH = 200;

/**
 * How many rows to read. A small LIMIT is written out, which belongs to the statement's shape anyway: to plan for any
 * number of rows would be so much dearer that PostgreSQL would plan a prepared list anew each time, for longer than it
 * takes to read it.
 */
function rowsToRead({ query, writer }: Page): string {
  const { limit } = query;
  return limit !== undefined && limit <= EVERY_BATCH
    ? String(limit)
    : parameter(writer, { kind: 'run', name: 'limit' });
}

/** What one branch of a page must give so that the merged rows suffice. */
function limitOfBranch(page: Page): string {
  const limit = rowsToRead(page);
  if (page.query.offset === undefined) return `LIMIT ${limit}`;
  return `LIMIT ${limit}::bigint + ${parameter(page.writer, { kind: 'run', name: 'offset' })}::bigint`;
}

function limitAndOffset(page: Page): string {
  const limit = `LIMIT ${rowsToRead(page)}`;
  return page.query.offset === undefined
    ? limit
    : `${limit} OFFSET ${parameter(page.writer, { kind: 'run', name: 'offset' })}`;
}

// ---- groups --------------------------------------------------------------------------------------------

function groupStatement(page: Page): string {
  const { query, tables } = page;
  const parts = [selectList(page), scan(page)];
  if (query.group !== undefined) {
    const list = query.group.by.map((value) => groupSql(tables, value)).join(', ');
    parts.push(query.group.mode === 'plain' ? `GROUP BY ${list}` : `GROUP BY ${query.group.mode} (${list})`);
  }
  if (query.having !== undefined) parts.push(`HAVING ${conditionSql(conditionTarget(page), query.having)}`);
  const order = askedOrder(page);
  if (order.length > 0) parts.push(orderClause(order));
  parts.push(limitAndOffset(page));
  return parts.join('\n');
}
