/**
 * What time takes from the floor: sessions, messages, files and the bookkeeping of chats that have been over for long, and
 * what agents' clients were told in logins that have. Records are not touched, nor the log of logins: the fold of
 * `floor_event` must always be possible (DECISIONS 2). In batches of well below a second each; several servers may purge
 * at once.
 */
import type { Database, Tx } from '../store/database.js';

/** Rows of one batch, per kind; files are large. */
const BATCH = { chats: 200, sessions: 1_000, events: 5_000, files: 20 } as const;
/** A session in which nothing was ever asked for is of no use after a day, whatever is kept otherwise. */
const UNUSED_DAYS = 1;

/** One batch of each kind; true if there may be more. */
export async function purgeChats(db: Database, keepDays: number): Promise<boolean> {
  const isFull = [
    (await db.tx((tx) => purgeFiles(tx, keepDays))) === BATCH.files,
    (await db.tx((tx) => purgeEnded(tx, keepDays))) === BATCH.chats,
    (await db.tx(purgeUnusedSessions)) === BATCH.sessions,
    (await db.tx((tx) => purgeAgentEvents(tx, keepDays))) === BATCH.events,
  ];
  return isFull.includes(true);
}

async function purgeFiles(tx: Tx, keepDays: number): Promise<number> {
  const rows = await tx.query<{ id: string }>(
    `DELETE FROM file_transfer WHERE id IN (
       SELECT f.id FROM file_transfer f JOIN chat c ON c.id = f.chat_id
        WHERE c.state = 'ended' AND c.ended_at < (SELECT floor_now()) - $1 * interval '1 day'
        LIMIT ${BATCH.files} FOR UPDATE OF f SKIP LOCKED)
     RETURNING id`,
    [keepDays],
    'purge.files',
  );
  return rows.length;
}

/** Tables of a chat, those that refer to others first. */
const OF_CHAT = [
  'sensitive_data_hit',
  'visitor_page',
  'queue_place',
  'listed_request',
  'chat_message',
  'conversation',
  'offer',
  'engagement',
  'chat_event',
] as const;

/** Chats whose transcript is written and whose files are gone. */
async function purgeEnded(tx: Tx, keepDays: number): Promise<number> {
  const chats = await tx.query<{ id: number; session_id: string }>(
    `SELECT c.id, c.chat_key AS session_id FROM chat c
      WHERE c.state = 'ended' AND c.ended_at < (SELECT floor_now()) - $1 * interval '1 day' AND c.transcript_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM file_transfer f WHERE f.chat_id = c.id)
      ORDER BY c.ended_at LIMIT ${BATCH.chats} FOR UPDATE OF c SKIP LOCKED`,
    [keepDays],
    'purge.chats',
  );
  if (chats.length === 0) return 0;
  await dropSessions(
    tx,
    chats.map(({ session_id }) => session_id),
  );
  const ids = chats.map(({ id }) => id);
  for (const table of OF_CHAT) {
    await tx.query(`DELETE FROM ${table} WHERE chat_id = ANY ($1)`, [ids], `purge.${table}`);
  }
  await tx.query('DELETE FROM chat WHERE id = ANY ($1)', [ids], 'purge.chat');
  return chats.length;
}

async function purgeUnusedSessions(tx: Tx): Promise<number> {
  const sessions = await tx.query<{ id: string }>(
    `SELECT id FROM visitor_session
      WHERE chat_id IS NULL AND created_at < (SELECT floor_now()) - $1 * interval '1 day'
      ORDER BY created_at LIMIT ${BATCH.sessions} FOR UPDATE SKIP LOCKED`,
    [UNUSED_DAYS],
    'purge.sessions',
  );
  await dropSessions(
    tx,
    sessions.map(({ id }) => id),
  );
  return sessions.length;
}

async function dropSessions(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const [table, column] of [
    ['visitor_message', 'session_id'],
    ['visitor_contact', 'session_id'],
    ['visitor_session', 'id'],
  ] as const) {
    await tx.query(`DELETE FROM ${table} WHERE ${column} = ANY ($1)`, [ids], `purge.${table}`);
  }
}

/** What clients of ended logins were told. Logins are numbered in the order they began, so old ones come first. */
async function purgeAgentEvents(tx: Tx, keepDays: number): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `WITH due AS (
       SELECT e.login_id, e.id FROM agent_event e JOIN login l ON l.id = e.login_id
        WHERE e.login_id <= (SELECT b.id FROM login b
                WHERE b.started_at < (SELECT floor_now()) - $1 * interval '1 day' ORDER BY b.id DESC LIMIT 1)
          AND l.ended_at < (SELECT floor_now()) - $1 * interval '1 day'
        ORDER BY e.login_id, e.id LIMIT ${BATCH.events} FOR UPDATE OF e SKIP LOCKED
     ), gone AS (
       DELETE FROM agent_event e USING due WHERE e.login_id = due.login_id AND e.id = due.id RETURNING 1
     )
     SELECT count(*) AS count FROM gone`,
    [keepDays],
    'purge.agentEvents',
  );
  return row?.count ?? 0;
}
