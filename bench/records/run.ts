/**
 * What the record engine costs beside the same rows written by plain multi-row SQL through the same driver, with the
 * same table, indexes and durability (DECISIONS 13). Prints records/s and ratios: both sides run interleaved against
 * one embedded PostgreSQL with fsync on, several rounds, median of the rounds' ratios. The plain side stamps its rows
 * with the current second too: most of the work is in the indexes, and a row whose moment does not move needs none.
 *
 *   npx tsx bench/records/run.ts [--rounds 9] [--calls 20]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Caller } from '../../src/access/caller.js';
import { isoOf } from '../../src/clock.js';
import { liveAgentSession } from '../../src/objects/live-agent-session.js';
import { OBJECTS } from '../../src/objects/registry.js';
import { createRecords } from '../../src/records/create.js';
import { deleteRecords } from '../../src/records/delete.js';
import type { SaveResult } from '../../src/records/result.js';
import { updateRecords } from '../../src/records/update.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { migrate } from '../../src/store/migrate.js';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, calls: { type: 'string', default: '20' } },
});
const ROUNDS = Number(options.rounds);
/** Calls a measurement. */
const CALLS = Number(options.calls);
const RECORDS = 200;
const AGENT = '005FW0000000001YAA';

const RIGHTS = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };
const caller: Caller = {
  userId: AGENT,
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

const METRICS = [
  'TimeInOnlineStatus',
  'TimeInAwayStatus',
  'TimeInChats',
  'TimeIdle',
  'TimeAtCapacity',
  'ChatReqAssigned',
  'ChatReqEngaged',
  'ChatReqDeclined',
  'ChatReqTimedOut',
  'NumFlagRaised',
  'NumFlagLoweredAgent',
  'NumFlagLoweredSupervisor',
] as const;
const METRIC_COLUMNS = METRICS.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase());

const record = (n: number) => ({
  AgentId: AGENT,
  LoginTime: '2026-03-10T12:00:00.000Z',
  LogoutTime: '2026-03-10T18:00:00.000Z',
  ...Object.fromEntries(METRICS.map((name, at) => [name, n + at])),
});

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < CALLS; call++) await work();
  return (performance.now() - start) / 1000;
}

/** Both in turn, who goes first alternating. */
async function compare(
  name: string,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
  target: string,
): Promise<void> {
  await ours();
  await theirs();
  const rounds: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) rounds.push({ ours: await seconds(ours), theirs: await seconds(theirs) });
    else {
      const first = await seconds(theirs);
      rounds.push({ theirs: first, ours: await seconds(ours) });
    }
  }
  const ratio = median(rounds.map((round) => round.theirs / round.ours));
  const rate = (of: 'ours' | 'theirs') =>
    Math.round((CALLS * RECORDS) / median(rounds.map((round) => round[of]))).toLocaleString('en');
  console.log(
    `${name}: ratio ${ratio.toFixed(2)} (${rate('ours')} records/s beside ${rate('theirs')}; target ${target})`,
  );
}

function saved(results: readonly SaveResult[]): string[] {
  return results.map(({ id, errors }) => {
    if (id === null) throw new Error(JSON.stringify(errors));
    return id;
  });
}

const batch = Array.from({ length: RECORDS }, (_, n) => record(n));
const create = async (db: Database, allOrNone = true) =>
  saved(await createRecords(db, caller, { object: liveAgentSession, records: batch, allOrNone }));

const COLUMNS = [
  'owner_id',
  'created_date',
  'created_by_id',
  'last_modified_date',
  'last_modified_by_id',
  'system_modstamp',
  'name',
  'agent_id',
  'login_time',
  'logout_time',
  ...METRIC_COLUMNS,
];

/** The current second, as the plain side knows it without asking; made in main(). */
let now: () => string;

/** One INSERT … VALUES with a parameter a value, as somebody would write it who wants it quick. */
async function plainInsert(db: Database): Promise<string[]> {
  const at = now();
  const values: unknown[] = [];
  const rows = batch.map((one, n) => {
    const { AgentId, LoginTime, LogoutTime } = one;
    const metrics = METRICS.map((name) => (one as Record<string, unknown>)[name]);
    values.push(AGENT, at, AGENT, at, AGENT, at, String(n), AgentId, LoginTime, LogoutTime, ...metrics);
    const first = n * COLUMNS.length;
    return `(${COLUMNS.map((_, column) => `$${first + column + 1}`).join(',')})`;
  });
  const saved = await db.query<{ id: string }>(
    `INSERT INTO so_live_agent_session (${COLUMNS.join(',')}) VALUES ${rows.join(',')} RETURNING id`,
    values,
  );
  return saved.map(({ id }) => id);
}

/** One UPDATE … FROM (VALUES …). */
async function plainUpdate(db: Database, ids: readonly string[], value: number): Promise<void> {
  const values: unknown[] = [now(), AGENT];
  const rows = ids.map((id, n) => {
    values.push(id, value + n, value);
    const at = values.length - 2;
    return `($${at}, $${at + 1}::int, $${at + 2}::int)`;
  });
  await db.query(
    `UPDATE so_live_agent_session AS row
        SET time_idle = sent.idle, chat_req_assigned = sent.assigned, last_modified_date = $1::timestamptz,
            last_modified_by_id = $2, system_modstamp = greatest(row.system_modstamp, $1::timestamptz)
       FROM (VALUES ${rows.join(',')}) AS sent(id, idle, assigned) WHERE row.id = sent.id`,
    values,
  );
}

async function plainDelete(db: Database, ids: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE so_live_agent_session
        SET is_deleted = true, deleted_at = $2::timestamptz, last_modified_by_id = $3,
            last_modified_date = $2::timestamptz, system_modstamp = greatest(system_modstamp, $2::timestamptz)
      WHERE id = ANY($1) AND NOT is_deleted`,
    [ids, now(), AGENT],
  );
}

async function main(db: Database): Promise<void> {
  await migrate(db, OBJECTS);
  const [clock] = await db.query<{ at: number }>('SELECT floor_now() AS at');
  const began = (clock?.at ?? 0) - performance.now();
  now = () => isoOf(Math.floor((began + performance.now()) / 1000) * 1000);
  await db.query(`INSERT INTO so_user (id, username, is_active) VALUES ($1, 'bench', true)`, [AGENT]);
  await compare(
    'create of 200',
    () => create(db),
    () => plainInsert(db),
    '0.5 at least',
  );
  await compare(
    'create, allOrNone false beside true',
    () => create(db, false),
    () => create(db, true),
    '0.9 at least',
  );

  // Every call has rows of its own, written seconds ago: their moment moves, as it does in use. A row that changes
  // twice in a second needs no index entry the second time.
  const sets: string[][] = [];
  for (let n = 0; n < (CALLS * ROUNDS + 1) * 2; n++) sets.push(await plainInsert(db));
  const each = () => {
    let turn = 0;
    return () => sets[turn++ % sets.length] ?? [];
  };
  let next = each();
  let value = 0;
  await compare(
    'update of 200',
    async () => {
      value++;
      const records = next().map((Id, n) => ({ Id, TimeIdle: value + n, ChatReqAssigned: value }));
      saved(await updateRecords(db, caller, { object: liveAgentSession, records, allOrNone: true }));
    },
    () => plainUpdate(db, next(), ++value),
    '0.5 at least',
  );
  next = each();
  await compare(
    'delete of 200',
    async () => saved(await deleteRecords(db, caller, next(), { allOrNone: true })),
    () => plainDelete(db, next()),
    '0.5 at least',
  );
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-bench-'));
const server = await startEmbedded({
  dataDir,
  log: { info: () => undefined, warn: (_fields, message) => console.warn(message) },
});
const db = await openDatabase({ url: server.url });
try {
  await main(db);
} finally {
  await db.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
