/**
 * Runs SOQL: the first page of a statement, further pages of a cursor, whole results for the server's own use.
 *
 * `startQuery(db, caller, soql, options)` and `continueQuery(db, caller, locator, options)` give a page whose bytes
 * are ready to be sent; every refusal is thrown before there is one. `queryRecords` gives plain objects.
 * How pages hang together: DECISIONS 9; what an answer looks like: salesforce-data-api.md §12.
 */
import type { Caller } from '../access/caller.js';
import { createClock, isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import type { Database, Queryable, RowsStatement, Tx } from '../store/database.js';
import { bindingFor } from './binding.js';
import { childPagesOf } from './child-pages.js';
import {
  CHUNK_IDS,
  type Cursor,
  endOldest,
  type FoundCursor,
  findCursor,
  IDS_MAX,
  idsOf,
  type Key,
  notePage,
  openCursor,
  tooManyIds,
} from './cursors.js';
import { refuseTooMuch } from './errors.js';
import { badLocator, formatLocator, parseLocator } from './locator.js';
import { draftPage, type JsonPage, jsonPage, type PageHead, type RenderPage } from './page.js';
import { type Binding, bind } from './parameters.js';
import { type Plan, type Planned, type PreparedStatement, planOf, type StatementKind } from './plan.js';
import { columnText } from './render/columns.js';

export type { JsonPage } from './page.js';

export interface QueryOptions {
  /** Rows a page, a hint: taken as 200 at least and 2,000 at most; 2,000 when left out. */
  readonly batchSize?: number | undefined;
  /** queryAll: deleted rows too. */
  readonly all?: boolean | undefined;
  /** What URLs begin with, such as `/services/data/v60.0`. */
  readonly base: string;
  /** How the page is written; JSON when left out. */
  readonly render?: RenderPage | undefined;
}

const BATCH_MIN = 200;
const BATCH_MAX = 2_000;
/** Groups a grouped query may have: it cannot be continued. */
const GROUPS_MAX = 2_000;

const batchOf = ({ batchSize }: QueryOptions): number =>
  Math.min(BATCH_MAX, Math.max(BATCH_MIN, Math.trunc(batchSize ?? BATCH_MAX) || BATCH_MAX));

const renderOf = ({ render }: QueryOptions): RenderPage => render ?? jsonPage;

/** The first page of a statement's answer. Throws what parser, checker and values refuse. */
export async function startQuery(
  db: Database | Tx,
  caller: Caller,
  soql: string,
  options: QueryOptions,
): Promise<JsonPage> {
  const all = options.all === true;
  const planned = planOf(soql, caller, all);
  const { plan } = planned;
  const { mode } = plan.compiled;
  const binding = await bindingOf(db, planned, caller, ['first']);
  if (mode === 'count') return countPage(db, planned, binding, options);
  if (mode === 'groups') return groupsPage(db, planned, binding, options);

  const { limit = Number.POSITIVE_INFINITY, offset } = plan.query;
  const batch = batchOf(options);
  // One row more than the page holds tells whether there is a next one; with OFFSET there never is.
  const wanted = Math.min(limit, offset === undefined ? batch + 1 : batch);
  const rows = await readPage(db, planned, binding, options, batch, 'first', { limit: wanted, offset });
  if (!rows.isMore) return rows.finish({ totalSize: rows.count, nextRecordsUrl: undefined });
  const opened = {
    ...binding,
    now: Number.isNaN(binding.now) ? await createClock(db).now() : binding.now,
  };
  const cursor = { soql, all, batch };
  return plan.compiled.keys === undefined
    ? openIds(db, planned, opened, options, cursor)
    : openKeyset(db, planned, opened, options, cursor, rows);
}

/** The page a locator names. Throws INVALID_QUERY_LOCATOR for one that is unknown, expired or another user's. */
export async function continueQuery(
  db: Database | Tx,
  caller: Caller,
  locator: string,
  options: QueryOptions,
): Promise<JsonPage> {
  const place = parseLocator(locator);
  const cursor = await findCursor(db, caller.userId, place);
  if (place.start >= cursor.totalSize && cursor.kind === 'ids') throw badLocator();
  const planned = planOf(cursor.soql, caller, cursor.all);
  if (planned.plan.compiled.mode !== 'rows') throw badLocator();
  const kinds: StatementKind[] = cursor.kind === 'ids' ? ['by-ids'] : ['keyset', 'keyset-bounded'];
  const binding = { ...(await bindingOf(db, planned, caller, kinds)), now: cursor.openedAt };
  return cursor.kind === 'ids'
    ? idsPage(db, planned, binding, options, cursor, place.start)
    : keysetPage(db, planned, binding, options, cursor, place.start);
}

/** All rows of a statement as plain objects, as the JSON of REST has them. For the server's own, bounded questions. */
export async function queryRecords(
  db: Database | Tx,
  caller: Caller,
  soql: string,
  options: { readonly all?: boolean } = {},
): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  const more = { ...options, base: '/services/data' };
  let page: JsonPage | undefined = await startQuery(db, caller, soql, more);
  while (page !== undefined) {
    const document = JSON.parse((await bytesOf(page)).toString('utf8')) as {
      records: Record<string, unknown>[];
    };
    records.push(...document.records);
    const next: string | undefined = page.nextRecordsUrl;
    page =
      next === undefined
        ? undefined
        : await continueQuery(db, caller, next.slice(next.lastIndexOf('/') + 1), more);
  }
  return records;
}

/** A page's document as one buffer. */
export async function bytesOf(page: JsonPage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of page.chunks) chunks.push(chunk);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

// ---- binding and reading -------------------------------------------------------------------------------

/** What the statements of these kinds are bound with. */
const bindingOf = (
  db: Queryable,
  { plan, lexed }: Planned,
  caller: Caller,
  kinds: readonly StatementKind[],
): Promise<Binding> =>
  bindingFor(
    db,
    lexed,
    caller,
    kinds.flatMap((kind) => parametersOf(plan, kind)),
  );

const parametersOf = (plan: Plan, kind: StatementKind) =>
  kind === 'first' ? plan.compiled.first.parameters : plan.statement(kind).parameters;

async function read(
  db: Queryable,
  { plan }: Planned,
  binding: Binding,
  kind: StatementKind,
  run: Readonly<Record<string, unknown>>,
): Promise<Buffer[]> {
  const statement = statementWith(plan.statement(kind), { ...binding, run });
  const { rows } = await db.dataRows(statement).catch(refuseTooMuch);
  return rows;
}

function statementWith({ text, parameters, name }: PreparedStatement, binding: Binding): RowsStatement {
  const statement = { text, values: bind(parameters, binding), isQuery: true };
  return name === undefined ? statement : { ...statement, name };
}

const transaction = <T>(db: Database | Tx, work: (tx: Queryable) => Promise<T>): Promise<T> =>
  db.kind === 'tx' ? work(db) : db.tx(work);

/** The rows of a page, read and perhaps written already. */
interface PageRows {
  readonly count: number;
  readonly isMore: boolean;
  readonly last: Buffer | undefined;
  readonly finish: (head: PageHead) => Promise<JsonPage>;
}

/**
 * Reads at most `batch` rows and notices one more. They are written as JSON while they come, unless another protocol
 * wants them, they have children that may need statements of their own, or they are to be marked as seen.
 */
async function readPage(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
  batch: number,
  kind: StatementKind,
  run: Readonly<Record<string, unknown>>,
): Promise<PageRows> {
  const { plan } = planned;
  const { marks, members } = plan.query;
  const together =
    options.render !== undefined || marks !== undefined || members.some((one) => one.kind === 'children');
  if (together) {
    const rows = await read(db, planned, binding, kind, run);
    const shown = rows.length > batch ? rows.slice(0, batch) : rows;
    return {
      count: shown.length,
      isMore: rows.length > batch,
      last: shown.at(-1),
      finish: (head) => recordsPage(db, planned, binding, options, head, shown),
    };
  }
  const draft = draftPage(plan, binding.caller, options.base, batch);
  const statement = statementWith(plan.statement(kind), { ...binding, run });
  await db
    .eachRow(plan.formats === undefined ? statement : { ...statement, formats: plan.formats }, draft.add)
    .catch(refuseTooMuch);
  return {
    count: draft.count(),
    isMore: draft.isMore(),
    last: draft.last(),
    finish: async (head) => draft.finish(head),
  };
}

/** Renders a page of records once everything it says is known, and marks its rows as seen where the query asks for it. */
async function recordsPage(
  db: Database | Tx,
  { plan, lexed }: Planned,
  { caller }: Binding,
  options: QueryOptions,
  head: PageHead,
  rows: readonly Buffer[],
): Promise<JsonPage> {
  const all = { base: options.base, all: options.all };
  const childPages = await childPagesOf(plan, lexed, rows, (soql) => startQuery(db, caller, soql, all));
  const page = renderOf(options)(plan, caller, options.base, head, rows, childPages);
  await markSeen(db, plan, caller, rows);
  return page;
}

// ---- counts and groups ---------------------------------------------------------------------------------

async function countPage(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
): Promise<JsonPage> {
  const { limit = null } = planned.plan.query;
  const [row] = await read(db, planned, binding, 'first', { limit });
  const totalSize = Number(columnText(row as Buffer, 1, 0));
  const head = { totalSize, nextRecordsUrl: undefined };
  return renderOf(options)(planned.plan, binding.caller, options.base, head, []);
}

async function groupsPage(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
): Promise<JsonPage> {
  const { limit = Number.POSITIVE_INFINITY, offset } = planned.plan.query;
  const rows = await read(db, planned, binding, 'first', {
    limit: Math.min(limit, GROUPS_MAX + 1),
    offset,
  });
  if (rows.length > GROUPS_MAX) {
    throw new ApiError(
      'EXCEEDED_ID_LIMIT',
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    );
  }
  const head = { totalSize: rows.length, nextRecordsUrl: undefined };
  return renderOf(options)(planned.plan, binding.caller, options.base, head, rows);
}

// ---- keyset cursors ------------------------------------------------------------------------------------

interface Opening {
  readonly soql: string;
  readonly all: boolean;
  readonly batch: number;
}

async function openKeyset(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
  { soql, all, batch }: Opening,
  rows: PageRows,
): Promise<JsonPage> {
  const { plan } = planned;
  const [counted] = await read(db, planned, binding, 'count', { limit: plan.query.limit ?? null });
  const [total, maxId] = [0, 1].map((column) => columnText(counted as Buffer, 2, column));
  const totalSize = Math.max(Number(total), rows.count);
  const cursorId = await transaction(db, async (tx) => {
    const id = await openCursor(tx, {
      userId: binding.caller.userId,
      kind: 'keyset',
      soql,
      all,
      totalSize,
      maxId: maxId ?? null,
      openedAt: binding.now,
    });
    await notePage(tx, id, batch, keyOf(plan, rows.last as Buffer));
    return id;
  });
  const nextRecordsUrl = urlOf(options, cursorId, batch);
  return rows.finish({ totalSize, nextRecordsUrl });
}

async function keysetPage(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
  cursor: FoundCursor,
  start: number,
): Promise<JsonPage> {
  const { plan } = planned;
  if (cursor.page === null) throw badLocator();
  const { key, next } = cursor.page;
  const keys = namedKeys('key', key);
  const head = (following: number | undefined) => ({
    totalSize: cursor.totalSize,
    nextRecordsUrl: following === undefined ? undefined : urlOf(options, cursor.id, following),
  });
  const run = { ...keys, maxId: cursor.maxId };
  const rowsOf = (batch: number, kind: StatementKind, more: Readonly<Record<string, unknown>>) =>
    readPage(db, planned, binding, options, batch, kind, { ...run, ...more });
  if (next !== undefined) {
    // Asked for before: the page ends where it ended then.
    const limit = next.start - start;
    const rows = await rowsOf(limit, 'keyset-bounded', { ...namedKeys('end', next.key), limit });
    return rows.finish(head(next.start));
  }
  const batch = batchOf(options);
  const remaining = (plan.query.limit ?? Number.POSITIVE_INFINITY) - start;
  const rows = await rowsOf(batch, 'keyset', { limit: Math.min(batch + 1, remaining) });
  if (!rows.isMore) return rows.finish(head(undefined));
  await notePage(db, cursor.id, start + batch, keyOf(plan, rows.last as Buffer));
  return rows.finish(head(start + batch));
}

/** The key of a row, as PostgreSQL wrote it. */
function keyOf(plan: Plan, row: Buffer): Key {
  const columns = plan.compiled.keys?.columns ?? [];
  return columns.map(({ column }) => columnText(row, plan.columnCount, column) as string);
}

const namedKeys = (name: string, key: Key): Record<string, string> =>
  Object.fromEntries(key.map((value, position) => [`${name}${position}`, value]));

const urlOf = (options: QueryOptions, cursorId: string, start: number): string =>
  `${options.base}/query/${formatLocator({ cursorId, start })}`;

// ---- cursors that own their ids ------------------------------------------------------------------------

async function openIds(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
  { soql, all }: Opening,
): Promise<JsonPage> {
  const { plan } = planned;
  const limit = Math.min(plan.query.limit ?? Number.POSITIVE_INFINITY, IDS_MAX + 1);
  const cursor = await transaction(db, async (tx): Promise<Cursor> => {
    const opened = { kind: 'ids' as const, soql, all, totalSize: 0, maxId: null, openedAt: binding.now };
    const id = await openCursor(tx, { ...opened, userId: binding.caller.userId });
    const run = { cursorId: id, chunkIds: CHUNK_IDS, limit };
    const [filled] = await read(tx, planned, binding, 'ids', run);
    const totalSize = Number(columnText(filled as Buffer, 1, 0));
    if (totalSize > IDS_MAX) throw tooManyIds();
    await tx.query(
      'UPDATE query_cursor SET total_size = $2 WHERE id = $1',
      [id, totalSize],
      'query.cursor.total',
    );
    await endOldest(tx, binding.caller.userId);
    return { ...opened, id, totalSize };
  });
  // The first page comes from the ids too: read apart, it could miss a row or show one twice.
  return idsPage(db, planned, binding, options, cursor, 0);
}

async function idsPage(
  db: Database | Tx,
  planned: Planned,
  binding: Binding,
  options: QueryOptions,
  cursor: Cursor,
  start: number,
): Promise<JsonPage> {
  const ids = await idsOf(db, { cursorId: cursor.id, start }, batchOf(options));
  const rows = await readPage(db, planned, binding, options, ids.length, 'by-ids', { ids });
  const following = start + ids.length;
  const nextRecordsUrl = following < cursor.totalSize ? urlOf(options, cursor.id, following) : undefined;
  return rows.finish({ totalSize: cursor.totalSize, nextRecordsUrl });
}

// ---- FOR VIEW, FOR REFERENCE ---------------------------------------------------------------------------

async function markSeen(db: Queryable, plan: Plan, caller: Caller, rows: readonly Buffer[]): Promise<void> {
  const { marks, object } = plan.query;
  if (marks === undefined || rows.length === 0) return;
  const column = marks === 'view' ? 'viewed_at' : 'referenced_at';
  const ids = rows.map((row) => columnText(row, plan.columnCount, plan.compiled.idColumn as number));
  const now = isoOf(await createClock(db).now());
  await db.query(
    `INSERT INTO recently_viewed (user_id, record_id, object, ${column})
     SELECT $1, id, $2, date_trunc('second', $3::timestamptz) FROM unnest($4::text[]) AS ids(id)
     ON CONFLICT (user_id, record_id) DO UPDATE SET ${column} = excluded.${column}`,
    [caller.userId, object.name, now, ids],
  );
}
