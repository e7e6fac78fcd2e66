/**
 * The audit can fail: a clean simulated day is doctored as a fault of the floor would have left it (log, meter, rows and
 * all that follows from them), and the audit must find what was planted. The product's own meter writes the doctored
 * state, so that nothing but the planted fault differs.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inWords } from '../../simulate/audit/difference.js';
import { prepareDatabase } from '../../simulate/database.js';
import { type FloorTimes, type SimulatedServer, serverHere } from '../../simulate/servers.js';
import { auditDay, type SimulationResult, simulate } from '../../simulate/simulate.js';
import { apply, type MeterEvent, type MeterState } from '../../src/chat/meter.js';
import { sessionFields } from '../../src/chat/session-figures.js';
import { isoOf } from '../../src/clock.js';
import type { Database } from '../../src/store/database.js';
import { migratedTestDatabase, type TestDatabase } from '../support/database.js';

const TIMES: FloorTimes = { speed: 9, graceSeconds: 30, heartbeatSeconds: 5, flushSeconds: 5 };

/** A row of floor_event, and the transaction that wrote it. */
interface LogRow {
  login_id: number;
  seq: number;
  at: number;
  contact_at: number;
  kind: string;
  chat_id: number | null;
  actor: string | null;
  detail: Record<string, unknown> | null;
  tx: string;
}

let database: TestDatabase | undefined;
let db: Database;
let server: SimulatedServer;
let simulated: SimulationResult;
let log: LogRow[];

/** On a busy machine little happens in a day: another one is lived, until there is what the faults are planted in. */
beforeAll(async () => {
  for (const seed of ['7', '8', '9', '10']) {
    if (database !== undefined) await close();
    await liveADay(seed);
    if (hasEnough()) return;
  }
}, 240_000);

afterAll(close);

async function liveADay(seed: string): Promise<void> {
  database = await migratedTestDatabase();
  db = await prepareDatabase(database.url, TIMES.speed);
  server = await serverHere(database.url, TIMES);
  simulated = await simulate({
    db,
    servers: [server],
    times: TIMES,
    seed,
    agents: 10,
    plan: { visitors: 70, minutes: 2, kill: false },
  });
  log = await readLog();
}

async function close(): Promise<void> {
  await server.close();
  await db.close();
  await database?.drop();
}

const hasEnough = () =>
  log.some(({ kind }) => kind === 'decline') &&
  offerSeenWhole() !== undefined &&
  lateAcceptance() !== undefined;

function readLog(): Promise<LogRow[]> {
  return db.query<LogRow>(
    `SELECT login_id, seq, at, contact_at, kind, chat_id, actor, detail, e.xmin::text AS tx
     FROM floor_event e ORDER BY age(e.xmin) DESC, login_id, seq`,
  );
}

/** Writes the whole log anew, transaction by transaction in its old order, and what follows from it. */
async function writeLog(rows: readonly LogRow[]): Promise<void> {
  await db.query('DELETE FROM floor_event');
  const states = new Map<number, MeterState>();
  for (let i = 0; i < rows.length; ) {
    const { tx: number } = rows[i] as LogRow;
    const together: LogRow[] = [];
    for (; rows[i]?.tx === number; i += 1) together.push(rows[i] as LogRow);
    await db.query(
      `INSERT INTO floor_event (login_id, seq, at, contact_at, kind, chat_id, actor, detail)
       SELECT e.login_id, e.seq, e.at, e.contact_at, e.kind, e.chat_id, e.actor, e.detail
         FROM jsonb_populate_recordset(NULL::floor_event, $1) e`,
      [
        JSON.stringify(
          together.map((row) => ({ ...row, at: isoOf(row.at), contact_at: isoOf(row.contact_at) })),
        ),
      ],
    );
    for (const { login_id, kind, at, contact_at, detail } of together) {
      const event = { ...detail, kind, at, contactAt: contact_at } as unknown as MeterEvent;
      states.set(login_id, apply(states.get(login_id) ?? null, event));
    }
  }
  for (const [id, state] of states) {
    const last = state.tail[state.tail.length - 1];
    await db.query(
      'UPDATE login SET meter = $2, seq = $3, at = $4, engaged = $5, offered = $6 WHERE id = $1',
      [id, JSON.stringify(state), state.seq, isoOf(state.at), last?.engaged, last?.offered],
    );
    const fields = Object.entries(sessionFields(state));
    await db.query(
      `UPDATE so_live_agent_session SET ${fields.map(([name], i) => `"${snake(name)}" = $${i + 2}`).join(', ')}
        WHERE id = (SELECT session_id FROM login WHERE id = $1)`,
      [id, ...fields.map(([, value]) => value)],
    );
  }
}

const snake = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();

async function findings(diaries = simulated.day): Promise<string[]> {
  const result = await auditDay({ db, servers: [server], times: TIMES }, simulated.organization, diaries);
  return result.differences.map(inWords);
}

/** Nothing that clients saw: what the server stored must give itself away. */
const withoutClients = (): SimulationResult['day'] => ({
  ...simulated.day,
  agents: [],
  visitors: [],
  whispers: [],
  problems: [],
});

/** The log with one change, sequence numbers closed up again. */
function changedLog(change: (rows: LogRow[]) => LogRow[]): LogRow[] {
  const next = new Map<number, number>();
  return change(log.map((row) => ({ ...row }))).map((row) => {
    const seq = (next.get(row.login_id) ?? 0) + 1;
    next.set(row.login_id, seq);
    return { ...row, seq };
  });
}

/** Whether a client was told everything of a login: only then its counts must be equal. */
function wasSeenWhole(loginId: number): boolean {
  return simulated.day.agents.some(({ logins }) => {
    const diary = logins.get(String(loginId));
    return diary?.isComplete === true && diary.first?.lastEventId === 0;
  });
}

const offerSeenWhole = () => log.find(({ kind, login_id }) => kind === 'offer' && wasSeenWhole(login_id));

/** An acceptance that others of the floor came in between of: an earlier moment still fits its own login and chat. */
function lateAcceptance(): { event: LogRow; at: number } | undefined {
  for (const [i, event] of log.entries()) {
    if (event.kind !== 'engage') continue;
    const own = log.slice(0, i).filter(({ login_id }) => login_id === event.login_id);
    const ofChat = log.slice(0, i).filter(({ chat_id }) => chat_id === event.chat_id);
    const earliest = Math.max(...[...own, ...ofChat].map(({ at }) => at)) + 1;
    const between = log.slice(0, i).filter(({ at, tx }) => at > earliest + 2 && tx !== event.tx);
    if (between.length > 0) return { event, at: earliest };
  }
  return undefined;
}

const sameEvent = (a: LogRow, b: LogRow) => a.login_id === b.login_id && a.seq === b.seq;

describe('a clean day', () => {
  test('has no differences', () => {
    expect(simulated.audit.differences.map(inWords)).toEqual([]);
  });

  test('still has none after its log was written anew as it was', async () => {
    await writeLog(log);
    expect(await findings()).toEqual([]);
  });
});

describe('a doubled event', () => {
  test('an offer counted twice is found, by the log alone and by what the client saw', async () => {
    const twice = offerSeenWhole() as LogRow;
    await writeLog(changedLog((rows) => rows.flatMap((row) => (sameEvent(row, twice) ? [row, row] : [row]))));
    const found = await findings(withoutClients());
    expect(found.join('\n')).toContain(`chat ${twice.chat_id} is offered already`);
    expect(found.join('\n')).toContain(`offer in chat ${twice.chat_id} by login ${twice.login_id}`);
    expect((await findings()).join('\n')).toMatch(
      new RegExp(`login ${twice.login_id} of .*: assigned as its client saw it`),
    );
    await writeLog(log);
    expect(await findings()).toEqual([]);
  });
});

describe('a time read before the lock', () => {
  test('is found although login, chat, meter and rows all carry it', async () => {
    const { event, at } = lateAcceptance() as { event: LogRow; at: number };
    const { chat_id, login_id } = event;
    await writeLog(
      changedLog((rows) => rows.map((row) => (sameEvent(row, event) ? { ...row, at, contact_at: at } : row))),
    );
    const moved = [isoOf(at), isoOf(event.at), chat_id, login_id];
    const statements = [
      'UPDATE chat_event SET at = $1 WHERE at = $2 AND chat_id = $3 AND login_id = $4',
      'UPDATE offer SET ended_at = $1 WHERE ended_at = $2 AND chat_id = $3 AND login_id = $4',
      'UPDATE engagement SET started_at = $1 WHERE started_at = $2 AND chat_id = $3 AND login_id = $4',
    ];
    for (const statement of statements) await db.query(statement, moved);
    const found = (await findings(withoutClients())).join('\n');
    expect(found).toContain(`event ${event.seq} of login ${login_id}: at: expected not before`);
    expect(found).toContain('a time from before the lock');
    for (const statement of statements) await db.query(statement, [moved[1], moved[0], chat_id, login_id]);
    await writeLog(log);
    expect(await findings()).toEqual([]);
  });
});

describe('a secret', () => {
  test('is found wherever it stands, in a line and in what a client was told', async () => {
    const secret = ' 4111 1111 1111 1111';
    for (const [table, column] of [
      ['chat_message', 'text'],
      ['chat_event', 'type'],
      ['agent_event', 'body'],
    ] as const) {
      const [row] = await db.query<{ at: string; was: string }>(
        `SELECT ctid::text AS at, ${column}::text AS was FROM ${table} LIMIT 1`,
      );
      const put = async (value: string) => {
        const [changed] = await db.query<{ at: string }>(
          `UPDATE ${table} SET ${column} = $2${column === 'body' ? '::jsonb' : ''} WHERE ctid = $1::tid RETURNING ctid::text AS at`,
          [row?.at, value],
        );
        if (row && changed) row.at = changed.at;
      };
      const { was = '' } = row ?? {};
      await put(column === 'body' ? JSON.stringify({ said: secret }) : was + secret);
      expect((await findings(withoutClients())).join('\n')).toContain(
        `table ${table}: rows with secrets: expected 0, found 1`,
      );
      await put(was);
    }
    expect(await findings()).toEqual([]);
  });
});

describe('a lost decline', () => {
  const declined = () => log.find(({ kind }) => kind === 'decline') as LogRow;

  test('left out of the log of the login is found without any client', async () => {
    const lost = declined();
    await writeLog(changedLog((rows) => rows.filter((row) => !sameEvent(row, lost))));
    const found = (await findings(withoutClients())).join('\n');
    expect(found).toContain(`decline in chat ${lost.chat_id} by login ${lost.login_id}`);
    await writeLog(log);
  });

  test('turned into a withdrawal in every trace of the server is found by the client that declined', async () => {
    const lost = declined();
    await writeLog(
      changedLog((rows) => rows.map((row) => (sameEvent(row, lost) ? { ...row, kind: 'withdraw' } : row))),
    );
    const about = [lost.chat_id, lost.login_id, isoOf(lost.at)];
    const change = (state: string, type: string, from: string) => [
      `UPDATE offer SET state = '${state}' WHERE chat_id = $1 AND login_id = $2 AND ended_at = $3`,
      `UPDATE chat_event SET type = '${type}' WHERE chat_id = $1 AND login_id = $2 AND at = $3 AND type = '${from}'`,
    ];
    for (const statement of change('withdrawn', 'Unassigned', 'DeclineManual'))
      await db.query(statement, about);
    const transcript = `UPDATE so_live_chat_transcript_event SET type = $2 WHERE type = $3
      AND live_chat_transcript_id = (SELECT transcript_id FROM chat WHERE id = $1)`;
    const asStored = await db.query<{ n: number }>(
      `SELECT count(*) AS n FROM chat_event WHERE chat_id = $1 AND type = 'DeclineManual'`,
      [lost.chat_id],
    );
    // only where this was the chat's only decline can the transcript be changed by its type alone
    if (asStored[0]?.n === 0) await db.query(transcript, [lost.chat_id, 'Unassigned', 'DeclineManual']);
    const found = (await findings()).filter((line) => !line.includes('LiveChatTranscriptEvents')).join('\n');
    expect(found).toMatch(new RegExp(`login ${lost.login_id} of .*: declined as its client saw it`));
    expect((await findings(withoutClients())).filter((line) => !line.includes('Transcript'))).toEqual([]);
  });
});
