/**
 * What SOQL costs over HTTP beside the same work done plainly (DECISIONS 13). Prints ratios: both sides run interleaved
 * in one run, against one PostgreSQL, several rounds, median of the rounds' ratios. The caller is no administrator, under
 * an organization-wide default of Private; headers are a client's usual ones. The server is the built one, in a process
 * of its own; so is what it is compared with (bare-server.mjs).
 *
 *   npm run build && npm run bench:soql -- [--rows 1000000] [--rounds 5] [--only compile,retrieve,page,list,groups,cursors,latency]
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createAccess } from '../../src/access/access.js';
import type { Caller } from '../../src/access/caller.js';
import { liveAgentSession } from '../../src/objects/live-agent-session.js';
import { bind, CALENDAR_FISCAL_YEAR } from '../../src/query/parameters.js';
import { type Plan, planOf, type StatementKind } from '../../src/query/plan.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { type Connection, openConnections, type Target, timed } from './http-load.js';
import { adminTokenOf, fillOrganization, OWNERS } from './organization.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    dist: { type: 'string', default: 'dist' },
    /** Where to leave the server's CPU profile. */
    profile: { type: 'string' },
    only: { type: 'string', default: 'compile,retrieve,page,list,groups,cursors,latency' },
  },
});
const ROWS = Number(options.rows);
const ROUNDS = Number(options.rounds);
const ONLY = new Set(options.only.split(','));
const BASE = '/services/data/v60.0';
const POOL = 8;
const HERE = path.dirname(fileURLToPath(import.meta.url));
/** Where the built server is. */
const DIST = path.resolve(HERE, '../..', options.dist);

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

// ---- compiling -----------------------------------------------------------------------------------------

if (ONLY.has('compile')) {
  const file = path.join(HERE, 'compile-times.mjs');
  const { characters, times } = JSON.parse(
    execFileSync(process.execPath, [file, DIST, String(Math.max(5, ROUNDS))], { encoding: 'utf8' }),
  ) as { characters: number; times: Record<string, number[]> };
  const said = Object.entries(times).map(([stage, list]) => `${stage} ${median(list).toFixed(1)}`);
  console.log(
    `parse + check + compile of the ETL query (${characters} characters), µs of CPU, target 30 cold: ${said.join(', ')}`,
  );
}

// ---- the servers ---------------------------------------------------------------------------------------

const undo: (() => Promise<unknown>)[] = [];
const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-bench-'));
undo.unshift(() => rm(dataDir, { recursive: true, force: true }));

/** Starts the built server on a database and waits until it is ready. */
async function startBuilt(databaseUrl: string): Promise<{ url: string; pid: number }> {
  const { profile } = options;
  const profiling = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', path.resolve(profile)];
  const child = spawn(process.execPath, [...profiling, path.join(DIST, 'cli.js'), 'start'], {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DEMO: '1',
      LOG_LEVEL: 'silent',
      DATA_DIR: path.join(dataDir, 'server'),
      DATABASE_URL: databaseUrl,
      RATE_LIMIT_FACTOR: '10000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  undo.unshift(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    const url = /is ready at (\S+)/.exec(printed)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, pid: child.pid as number };
  }
  throw new Error(`the server did not start:\n${printed}`);
}

interface BareStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly isPrepared: boolean;
  /** Columns that become an object of their own. */
  readonly parent: { readonly id: string; readonly name: string } | null;
}

async function startBare(url: string, statements: Readonly<Record<string, BareStatement>>): Promise<number> {
  const child = fork(path.join(HERE, 'bare-server.mjs'), { execArgv: [] });
  undo.unshift(async () => child.disconnect());
  child.send({ url, poolSize: POOL, statements });
  return new Promise((resolve, reject) => {
    child.once('message', ({ port }: { port: number }) => resolve(port));
    child.once('exit', reject);
  });
}

// ---- statements ----------------------------------------------------------------------------------------

/** Fields kept in the row: what a plain SELECT of the table gives too. */
const FIELDS = liveAgentSession.fields.filter((field) => field.perUser !== true).map(({ name }) => name);
const ALL = `SELECT ${FIELDS.join(', ')} FROM LiveAgentSession`;
const LIST =
  'SELECT Id, Name, LoginTime, TimeIdle, Agent.Name FROM LiveAgentSession ORDER BY LoginTime DESC LIMIT 200';
const GROUPS =
  'SELECT AgentId, COUNT(Id), SUM(ChatReqAssigned), AVG(TimeIdle) FROM LiveAgentSession GROUP BY AgentId';
const urlOf = (soql: string) => `${BASE}/query?q=${encodeURIComponent(soql)}`;

/** The SQL the server sends for a statement, with its values. */
function sqlOf(
  caller: Caller,
  soql: string,
  kind: StatementKind,
  run: Readonly<Record<string, unknown>>,
): { text: string; values: unknown[]; plan: Plan } {
  const { plan, lexed } = planOf(soql, caller, false);
  const { text, parameters } = plan.statement(kind);
  const values = bind(parameters, {
    lexed,
    caller,
    now: Number.NaN,
    weekStart: 0,
    fiscal: CALENDAR_FISCAL_YEAR,
    computed: new Map(),
    run,
  });
  return { text, values, plan };
}

const bare = (
  { text, values }: { text: string; values: unknown[] },
  isPrepared: boolean,
  parent: BareStatement['parent'] = null,
): BareStatement => ({ text, values, isPrepared, parent });

// ---- measuring -----------------------------------------------------------------------------------------

type Side = () => Promise<number>;

/** Milliseconds of each side, in turn, in an order that changes with the round; the first round warms up. */
async function interleaved<Name extends string>(sides: Record<Name, Side>): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const ms = await sides[name]();
      if (round >= 0) times[name].push(ms);
    }
  }
  return times;
}

const ratio = (over: readonly number[], under: readonly number[]): number =>
  median(over.map((value, round) => value / (under[round] as number)));

const perSecond = (count: number, times: readonly number[]): string =>
  `${((count * 1000) / median(times)).toFixed(0)}/s`;

// ---- the run -------------------------------------------------------------------------------------------

async function main(): Promise<void> {
  const postgres = await startEmbedded({
    dataDir,
    log: { info: () => undefined, warn: console.warn },
  });
  undo.unshift(() => postgres.stop());
  const server = await startBuilt(postgres.url);
  const db = await openDatabase({ url: postgres.url, poolSize: 4 });
  undo.unshift(() => db.close());

  const started = performance.now();
  const { callerId, token } = await fillOrganization(db, server.url, ROWS, await adminTokenOf(db));
  const access = await createAccess({ db, sessionSeconds: 7200 });
  undo.unshift(() => access.close());
  const caller = { ...((await access.callerFor(callerId)) as Caller), apiVersion: 60 };
  const unlimited: Caller = { ...caller, access: { ...caller.access, viewAllData: true, shape: 'all' } };
  console.log(
    `${ROWS} sessions of ${OWNERS} owners, Private, a caller whose role is above every owner; made in ${((performance.now() - started) / 1000).toFixed(0)} s; ${ROUNDS} rounds`,
  );

  // Id, Name, LoginTime, TimeIdle, then the agent's id and name: each under a name of its own, or pg keeps only the last.
  const parent = { id: 'c4', name: 'c5' };
  const named = ({ text, values }: { text: string; values: unknown[] }) => ({
    text: text.replace(
      /^SELECT (.*)$/m,
      (_, columns: string) =>
        `SELECT ${columns
          .split(', ')
          .map((column, at) => `${column} AS c${at}`)
          .join(', ')}`,
    ),
    values,
  });
  const page = { limit: 2_001, maxId: 'zzz', key0: '@key' };
  const statements = {
    one: bare(sqlOf(caller, ALL, 'by-id', { id: '@id' }), true),
    onePlain: bare(sqlOf(unlimited, ALL, 'by-id', { id: '@id' }), true),
    // Prepared on both sides: the server prepares these too, for a caller who reaches most rows.
    page: bare(sqlOf(caller, ALL, 'keyset', page), true),
    pagePlain: bare(sqlOf(unlimited, ALL, 'keyset', page), true),
    list: bare(named(sqlOf(caller, LIST, 'first', { limit: 200 })), true, parent),
    listPlain: bare(named(sqlOf(unlimited, LIST, 'first', { limit: 200 })), true, parent),
  };
  const barePort = await startBare(postgres.url, statements);
  const ours: Target = {
    port: Number(new URL(server.url).port),
    headers: { authorization: `Bearer ${token}`, accept: '*/*' },
  };
  const theirs: Target = { port: barePort, headers: ours.headers };
  const context: Context = { db, caller, unlimited, ours, theirs };
  if (ONLY.has('retrieve')) await measureRetrieve(context);
  if (ONLY.has('page')) await measurePage(context);
  if (ONLY.has('list')) await measureList(context);
  if (ONLY.has('groups')) await measureGroups(context);
  if (ONLY.has('cursors')) await measureCursors(context);
  if (ONLY.has('latency')) await measureLatency(context);
}

interface Context {
  readonly db: Database;
  readonly caller: Caller;
  readonly unlimited: Caller;
  readonly ours: Target;
  readonly theirs: Target;
}

const idsOf = async (db: Database): Promise<string[]> =>
  (
    await db.query<{ id: string }>(
      `SELECT id FROM (SELECT id FROM so_live_agent_session ORDER BY id LIMIT 200000) AS near ORDER BY md5(id) LIMIT 4000`,
    )
  ).map(({ id }) => id);

/** The rows of a statement, which nobody looks at. */
const bytesAlone = (db: Database, { text, values }: { text: string; values: unknown[] }): Promise<void> =>
  db.eachRow({ text, values }, () => undefined);

const CONCURRENCY = [1, 16, 64] as const;

/** Requests a second are judged at 16 at a time: at 1 it is who waits for PostgreSQL, at 64 how long queues are. */
const judged = (concurrency: number, target: number): string =>
  concurrency === 16 ? `; target ${target}` : '';

/** Opens the connections of both sides for one concurrency. */
async function withConnections(
  { ours, theirs }: Context,
  concurrency: number,
  work: (mine: Connection[], bare: Connection[]) => Promise<void>,
): Promise<void> {
  const mine = await openConnections(ours, concurrency);
  const plain = await openConnections(theirs, concurrency);
  try {
    await work(mine, plain);
  } finally {
    for (const connection of [...mine, ...plain]) connection.close();
  }
}

async function measureRetrieve(context: Context): Promise<void> {
  const ids = await idsOf(context.db);
  const fields = FIELDS.join(',');
  const id = (index: number) => ids[index % ids.length] as string;
  for (const concurrency of CONCURRENCY) {
    const count = concurrency === 1 ? 300 : 1_500;
    await withConnections(context, concurrency, async (mine, plain) => {
      const row = `${BASE}/sobjects/LiveAgentSession`;
      const times = await interleaved({
        ours: () => timed(mine, count, (one, n) => one.get(`${row}/${id(n)}?fields=${fields}`)),
        all: () => timed(mine, count, (one, n) => one.get(`${row}/${id(n)}`)),
        bare: () => timed(plain, count, (one, n) => one.get(`/one/one/${id(n)}`)),
        barePlain: () => timed(plain, count, (one, n) => one.get(`/one/onePlain/${id(n)}`)),
      });
      console.log(
        `retrieve by id, ${concurrency} at a time: ${ratio(times.bare, times.ours).toFixed(2)} times the speed of node:http + pg with the same SQL (${perSecond(count, times.ours)} beside ${perSecond(count, times.bare)}${judged(concurrency, 0.8)}); ${ratio(times.barePlain, times.ours).toFixed(2)} without sharing there (${perSecond(count, times.barePlain)}); with no ?fields=, which adds when the row was viewed: ${ratio(times.bare, times.all).toFixed(2)} (${perSecond(count, times.all)})`,
      );
    });
  }
}

/** Opens a cursor and gives the locators of its pages, each asked for once. */
async function locatorsOf(connection: Connection, soql: string, pages: number): Promise<string[]> {
  const locators: string[] = [];
  let next: string | undefined = urlOf(soql);
  while (next !== undefined && locators.length < pages) {
    const { head } = await connection.get(next);
    next = nextOf(head);
    if (next !== undefined) locators.push(next);
  }
  return locators;
}

const nextOf = (head: string): string | undefined => /"nextRecordsUrl":"([^"]+)"/.exec(head)?.[1];

/** Runs both sides until their code is compiled; the first measurement would be of that. */
async function warmUp(context: Context, ours: string, theirs: string, count: number): Promise<void> {
  await withConnections(context, 4, async (mine, plain) => {
    await timed(mine, count, (one) => one.get(ours));
    await timed(plain, count, (one) => one.get(theirs));
  });
}

async function measurePage(context: Context): Promise<void> {
  const { db, caller } = context;
  const keys = (
    await db.query<{ id: string }>(
      `SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM so_live_agent_session) AS numbered WHERE n % 2000 = 0 ORDER BY id LIMIT 40`,
    )
  ).map(({ id }) => id);
  await withConnections(context, 1, async ([one]) => {
    const [second] = await locatorsOf(one as Connection, ALL, 1);
    await warmUp(context, second as string, `/rows/page/${keys[0]}`, 150);
  });
  for (const concurrency of CONCURRENCY) {
    const count = concurrency === 1 ? 24 : 64;
    await withConnections(context, concurrency, async (mine, plain) => {
      // Each page of these cursors is asked for the first time, as a client does that reads on.
      const fresh: string[] = [];
      const take = async (connection: Connection) => {
        const url = fresh.pop() as string;
        const next = nextOf((await connection.get(url)).head);
        if (next !== undefined) fresh.unshift(next);
      };
      const needed = Math.ceil((count * (ROUNDS + 1)) / Math.max(1, ROWS / 2_000 - 2));
      for (let opened = 0; opened < Math.max(concurrency, needed) + 2; opened++)
        fresh.push((await locatorsOf(mine[0] as Connection, ALL, 1))[0] as string);
      const key = (n: number) => keys[n % keys.length] as string;
      const raw = sqlOf(caller, ALL, 'keyset', { limit: 2_001, maxId: 'zzz', key0: key(3) });
      const times = await interleaved({
        ours: () => timed(mine, count, take),
        bare: () => timed(plain, count, (one, n) => one.get(`/rows/page/${key(n)}`)),
        barePlain: () => timed(plain, count, (one, n) => one.get(`/rows/pagePlain/${key(n)}`)),
        ...(concurrency === 1 ? { raw: () => timed(mine, count, () => bytesAlone(db, raw)) } : {}),
      } as { ours: Side; bare: Side; barePlain: Side; raw?: Side } as Record<string, Side>);
      const of = (name: string) => times[name] as number[];
      console.log(
        `a page of 2,000, all columns, ${concurrency} at a time: ${ratio(of('bare'), of('ours')).toFixed(2)} times the speed of pg objects + JSON.stringify with the same SQL (${perSecond(count, of('ours'))} beside ${perSecond(count, of('bare'))}${judged(concurrency, 4)}); ${ratio(of('barePlain'), of('ours')).toFixed(2)} without sharing there (${perSecond(count, of('barePlain'))})${times.raw === undefined ? '' : `; ${ratio(of('ours'), of('raw')).toFixed(2)} times the time of the same SQL, bytes alone (${(median(of('raw')) / count).toFixed(1)} ms; target 2)`}`,
      );
    });
  }
}

async function measureList(context: Context): Promise<void> {
  await warmUp(context, urlOf(LIST), '/rows/list/-', 600);
  let cold = 0;
  for (const concurrency of CONCURRENCY) {
    const count = concurrency === 1 ? 60 : 320;
    await withConnections(context, concurrency, async (mine, plain) => {
      const times = await interleaved({
        ours: () => timed(mine, count, (one) => one.get(urlOf(LIST))),
        bare: () => timed(plain, count, (one) => one.get('/rows/list/-')),
        barePlain: () => timed(plain, count, (one) => one.get('/rows/listPlain/-')),
      });
      // Apart, because each leaves a plan behind. An alias of its own makes a plan of its own.
      const { cold: coldTimes } = await interleaved({
        cold: () => timed(mine, count, (one) => one.get(urlOf(LIST.replace(' ORDER', ` a${cold++} ORDER`)))),
      });
      console.log(
        `200 rows with Agent.Name, ${concurrency} at a time: ${ratio(times.bare, times.ours).toFixed(2)} times the speed of node:http + pg objects + JSON.stringify with the same SQL (${perSecond(count, times.ours)} beside ${perSecond(count, times.bare)}${judged(concurrency, 2)}); ${ratio(times.barePlain, times.ours).toFixed(2)} without sharing there (${perSecond(count, times.barePlain)}); cold plans ${perSecond(count, coldTimes)}`,
      );
    });
  }
}

async function measureGroups(context: Context): Promise<void> {
  const { db, caller, unlimited } = context;
  await withConnections(context, 1, async (mine) => {
    const one = mine[0] as Connection;
    const raw = sqlOf(caller, GROUPS, 'first', { limit: 2_001 });
    const open = sqlOf(unlimited, GROUPS, 'first', { limit: 2_001 });
    const times = await interleaved({
      ours: () => timed(mine, 1, () => one.get(urlOf(GROUPS))),
      raw: () => timed(mine, 1, () => bytesAlone(db, raw)),
      open: () => timed(mine, 1, () => bytesAlone(db, open)),
    });
    console.log(
      `GROUP BY over ${ROWS} rows: ${ratio(times.ours, times.raw).toFixed(2)} times the time of the same SQL (${median(times.ours).toFixed(0)} beside ${median(times.raw).toFixed(0)} ms; target 1.1); the SQL of who sees every row by permission: ${median(times.open).toFixed(0)} ms`,
    );
  });
}

async function measureCursors(context: Context): Promise<void> {
  for (const [kind, soql] of [
    ['keyset', ALL],
    ['ids', `${ALL} ORDER BY TimeIdle`],
  ] as const) {
    await withConnections(context, 1, async (mine) => {
      const one = mine[0] as Connection;
      const times: number[] = [];
      let next: string | undefined = urlOf(soql);
      while (next !== undefined) {
        const url: string = next;
        let head = '';
        times.push(
          await timed(mine, 1, async () => {
            head = (await one.get(url)).head;
          }),
        );
        next = nextOf(head);
      }
      const pages = times.length;
      const far = Math.min(400, pages - 6);
      const early = median(times.slice(1, 12));
      const late = median(times.slice(far - 5, far + 6));
      console.log(
        `${kind} cursor, ${pages} pages: page 1 with its count ${(times[0] as number).toFixed(0)} ms; pages 2-12 ${early.toFixed(1)} ms, pages ${far - 4}-${far + 6} ${late.toFixed(1)} ms: ${(late / early).toFixed(2)} times (target 1.2)`,
      );
    });
  }
}

async function measureLatency(context: Context): Promise<void> {
  const ids = await idsOf(context.db);
  const quantile = (values: number[], q: number) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] as number;
  const readers = await openConnections(context.ours, 4);
  const [one] = await openConnections(context.ours, 1);
  const latencies = async (count: number): Promise<number[]> => {
    const times: number[] = [];
    for (let n = 0; n < count; n++)
      times.push(
        await timed([one as Connection], 1, (c) =>
          c.get(`${BASE}/sobjects/LiveAgentSession/${ids[n % ids.length]}`),
        ),
      );
    return times;
  };
  try {
    const idle = await latencies(1_000);
    let reading = true;
    let pages = 0;
    const load = readers.map(async (reader) => {
      while (reading) {
        let next: string | undefined = urlOf(ALL);
        while (next !== undefined && reading) {
          next = nextOf((await reader.get(next)).head);
          pages++;
        }
      }
    });
    await latencies(100);
    const started = performance.now();
    pages = 0;
    const busy = await latencies(1_000);
    const seconds = (performance.now() - started) / 1000;
    const read = pages;
    reading = false;
    await Promise.all(load);
    console.log(
      `retrieve by id while 4 clients read ${ROWS} rows (${(read / seconds).toFixed(0)} pages/s): p50 ${quantile(busy, 0.5).toFixed(1)} ms, p99 ${quantile(busy, 0.99).toFixed(1)} ms; alone p50 ${quantile(idle, 0.5).toFixed(1)}, p99 ${quantile(idle, 0.99).toFixed(1)} ms`,
    );
  } finally {
    for (const connection of [...readers, one as Connection]) connection.close();
  }
}

try {
  await main();
} finally {
  for (const step of undo) await step().catch(console.error);
}
