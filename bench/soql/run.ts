/**
 * What SOQL costs beside the same work done plainly (DECISIONS 13). Prints ratios: both sides run interleaved in one
 * process against one embedded PostgreSQL, several rounds, median of the rounds' ratios.
 *
 *   npx tsx bench/soql/run.ts [--rows 200000] [--rounds 7]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Caller } from '../../src/access/caller.js';
import { liveAgentSession } from '../../src/objects/live-agent-session.js';
import { OBJECTS } from '../../src/objects/registry.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan, planOf } from '../../src/query/plan.js';
import { retrieveById } from '../../src/query/retrieve.js';
import { bytesOf, continueQuery, type JsonPage, startQuery } from '../../src/query/run.js';
import { openDatabase } from '../../src/store/database.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { migrate } from '../../src/store/migrate.js';

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '7' } },
});
const ROWS = Number(options.rows);
const ROUNDS = Number(options.rounds);
const BASE = '/services/data/v60.0';
const CONNECTIONS = 16;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Median of ours / theirs in time, both run in turn. */
async function ratio(
  name: string,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
  target: string,
): Promise<void> {
  await ours();
  await theirs();
  const rounds: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const first = round % 2 === 0 ? await milliseconds(ours) : Number.NaN;
    const other = await milliseconds(theirs);
    rounds.push({ ours: Number.isNaN(first) ? await milliseconds(ours) : first, theirs: other });
  }
  const speed = median(rounds.map((round) => round.theirs / round.ours));
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(
    `${name}: ${speed.toFixed(2)} times as fast (ours ${ms(median(rounds.map((one) => one.ours)))}, beside ${ms(median(rounds.map((one) => one.theirs)))}; target ${target})`,
  );
}

const RIGHTS = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };
const caller: Caller = {
  userId: '005FW0000000001YAA',
  organizationId: '00DFW0000000001AAA',
  profileId: '00eFW0000000001AAA',
  username: 'bench@example.test',
  apiVersion: 60,
  timeZone: 'UTC',
  locale: 'en_US',
  language: 'en_US',
  access: {
    epoch: 1,
    object: () => RIGHTS,
    field: () => ({ read: true, edit: true }),
    viewAllData: true,
    modifyAllData: true,
    permits: () => true,
    shape: 'bench',
    groupIds: [],
  },
  sessionId: '',
};

const COLUMNS = liveAgentSession.fields.filter((field) => field.perUser !== true).map((field) => field.name);
const ETL = `SELECT ${COLUMNS.join(', ')} FROM LiveAgentSession WHERE SystemModstamp > 2026-03-10T00:00:00Z AND SystemModstamp <= 2026-03-11T00:00:00Z AND IsDeleted = false ORDER BY SystemModstamp, Id LIMIT 50000`;

function compileTimes(): void {
  const microseconds = (work: () => void, count = 5_000): number => {
    // Time on the processor: a neighbour that takes turns must not count.
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++) work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / count;
  };
  const cold = () => makePlan(lexStatement(ETL), caller, false);
  const warm = () => planOf(ETL, caller, false);
  microseconds(cold);
  microseconds(warm);
  const rounds = Array.from({ length: ROUNDS }, () => [microseconds(cold), microseconds(warm)] as const);
  console.log(
    `parse + check + compile of the ETL query (${ETL.length} characters): ${median(rounds.map(([one]) => one)).toFixed(1)} µs cold (target 30), ${median(rounds.map(([, two]) => two)).toFixed(1)} µs from the cache`,
  );
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-bench-'));
const server = await startEmbedded({
  dataDir,
  durable: false,
  log: { info: () => undefined, warn: console.warn },
});
const db = await openDatabase({ url: server.url, poolSize: 8 });
const pool = new pg.Pool({ connectionString: server.url, max: 8 });
// The server stops while idle connections are still open.
pool.on('error', () => undefined);

try {
  await migrate(db, OBJECTS);
  await db.query(
    `INSERT INTO principal (id, kind, name, name_key) SELECT new_id('005', n), 'User', 'Agent ' || n, 'AGENT ' || n FROM generate_series(1, 200) AS n`,
  );
  await db.query(
    `INSERT INTO so_user (id, name, "name__key", username) SELECT new_id('005', n), 'Agent ' || n, 'AGENT ' || n, n || '@example.test' FROM generate_series(1, 200) AS n`,
  );
  const figures = liveAgentSession.fields
    .filter((field) => field.type === 'int')
    .map((field) => field.name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase());
  await db.query(
    `INSERT INTO so_live_agent_session (id, name, owner_id, agent_id, created_by_id, last_modified_by_id, created_date, last_modified_date, system_modstamp, login_time, logout_time, ${figures.join(', ')})
     SELECT new_id('0HK', n), lpad(n::text, 8, '0'), u, u, u, u, t, t, t, t, t + interval '8 hours', ${figures.map((_, index) => `(n * ${index + 7}) % 30000`).join(', ')}
     FROM generate_series(1, $1::int) AS n, LATERAL (SELECT new_id('005', 1 + n % 200) AS u, '2024-01-01T00:00:00Z'::timestamptz + n * interval '37 seconds' AS t) AS made`,
    [ROWS],
  );
  await db.query('ANALYZE so_live_agent_session');
  await db.query('ANALYZE so_user');
  console.log(
    `${ROWS} sessions, ${ROUNDS} rounds, ${CONNECTIONS} requests at a time where not said otherwise`,
  );

  compileTimes();

  const ids = (
    await db.query<{ id: string }>('SELECT id FROM so_live_agent_session ORDER BY md5(id) LIMIT 2000')
  ).map(({ id }) => id);
  const many = async (count: number, work: (index: number) => Promise<unknown>) => {
    let next = 0;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (next < count) await work(next++);
      }),
    );
  };
  const columns = COLUMNS.map((name) => `"${name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()}"`).join(
    ', ',
  );
  await ratio(
    'retrieve by id, 2,000 rows, against pg + JSON.stringify',
    () =>
      many(2_000, (index) => retrieveById(db, caller, liveAgentSession, ids[index] as string, COLUMNS, BASE)),
    () =>
      many(2_000, async (index) => {
        const { rows } = await pool.query({
          name: 'one',
          text: `SELECT ${columns} FROM so_live_agent_session WHERE id = $1`,
          values: [ids[index]],
        });
        return Buffer.from(JSON.stringify(rows[0]));
      }),
    '0.8',
  );

  const all = `SELECT ${COLUMNS.join(', ')} FROM LiveAgentSession`;
  const first = await startQuery(db, caller, all, { base: BASE });
  const locatorOf = (page: JsonPage) =>
    (page.nextRecordsUrl as string).slice((page.nextRecordsUrl as string).lastIndexOf('/') + 1);
  const locator = locatorOf(first);
  const second = await continueQuery(db, caller, locator, { base: BASE });
  console.log(`a page of 2,000 is ${((await bytesOf(second)).length / 1e6).toFixed(2)} MB`);
  const pageSql = `SELECT ${columns} FROM so_live_agent_session WHERE id > $1 AND is_deleted = false ORDER BY id LIMIT 2001`;
  const key = (
    await db.query<{ id: string }>('SELECT id FROM so_live_agent_session ORDER BY id OFFSET 1999 LIMIT 1')
  )[0]?.id;
  const page = async () => bytesOf(await continueQuery(db, caller, locator, { base: BASE }));
  const objects = async () => {
    const { rows } = await pool.query({ name: 'page', text: pageSql, values: [key] });
    return Buffer.from(JSON.stringify({ totalSize: ROWS, done: false, records: rows }));
  };
  await ratio(
    '16 pages of 2,000, all columns, against pg objects + JSON.stringify',
    () => many(16, page),
    () => many(16, objects),
    '4',
  );
  const raw = () => db.dataRows({ name: 'rawpage', text: pageSql, values: [key] });
  await ratio(
    "16 pages of 2,000 against the rows' bytes alone",
    () => many(16, page),
    () => many(16, raw),
    '0.5',
  );

  const list =
    'SELECT Id, Name, LoginTime, TimeIdle, Agent.Name FROM LiveAgentSession ORDER BY LoginTime DESC LIMIT 200';
  await ratio(
    '160 lists of 200 with Agent.Name against pg objects + JSON.stringify',
    () => many(160, async () => bytesOf(await startQuery(db, caller, list, { base: BASE }))),
    () =>
      many(160, async () => {
        const { rows } = await pool.query({
          name: 'list',
          text: 'SELECT s.id, s.name, s.login_time, s.time_idle, u.id AS uid, u.name AS agent FROM so_live_agent_session s LEFT JOIN so_user u ON u.id = s.agent_id WHERE s.is_deleted = false ORDER BY s.login_time DESC, s.id DESC LIMIT 200',
        });
        return Buffer.from(
          JSON.stringify({
            records: rows.map(({ uid, agent, ...row }) => ({ ...row, Agent: { id: uid, name: agent } })),
          }),
        );
      }),
    '2',
  );

  const groups =
    'SELECT AgentId, COUNT(Id), SUM(ChatReqAssigned), AVG(TimeIdle) FROM LiveAgentSession GROUP BY AgentId';
  await ratio(
    'GROUP BY over all rows against the same SQL, one at a time',
    async () => bytesOf(await startQuery(db, caller, groups, { base: BASE })),
    () =>
      db.dataRows({
        text: 'SELECT agent_id, count(id), sum(chat_req_assigned), avg(time_idle)::float8 FROM so_live_agent_session WHERE is_deleted = false GROUP BY agent_id LIMIT 2001',
      }),
    '0.9',
  );

  for (const [kind, soql] of [
    ['keyset', all],
    ['ids', `${all} ORDER BY TimeIdle`],
  ] as const) {
    const opening = performance.now();
    let at = await startQuery(db, caller, soql, { base: BASE });
    await bytesOf(at);
    const opened = performance.now() - opening;
    const times: number[] = [];
    while (at.nextRecordsUrl !== undefined) {
      const next = locatorOf(at);
      times.push(
        await milliseconds(async () => {
          at = await continueQuery(db, caller, next, { base: BASE });
          await bytesOf(at);
        }),
      );
    }
    const early = median(times.slice(0, 10));
    const late = median(times.slice(-11, -1));
    console.log(
      `${kind} cursor: page 1 with its count ${opened.toFixed(0)} ms; pages 2-11 ${early.toFixed(1)} ms, the last ten of ${times.length} ${late.toFixed(1)} ms: ${(late / early).toFixed(2)} times (target 1.2)`,
    );
  }
} finally {
  await pool.end();
  await db.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
