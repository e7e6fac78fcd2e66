/**
 * The visitor's connection (live-agent-chat.md §11): clients must go on polling; one that is silent for the deployment's
 * warning duration is reported to the agent, one that is silent for its time-out is gone, and the chat with it.
 *
 * Silence counts only while this process has been writing what it hears: nobody is given up for our own outage.
 */
import { isoOf } from '../clock.js';
import { CONNECTION_TIMEOUT_MS } from './configuration.js';
import type { FloorContext } from './context.js';
import { tellAgents } from './conversation-clocks.js';
import { endChat } from './ending.js';
import type { Work } from './work.js';

const BATCH = 200;

/** `wait_ms` 0: the visitor is back after a warning. */
interface Silence {
  readonly chat_id: number;
  readonly session_id: string;
  readonly due_at: number;
  readonly wait_ms: number;
  readonly stage: 'back' | 'warning' | 'timeout';
}

const SILENCE = `SELECT chat_id, session_id, stage, wait_ms, contact_at + wait_ms * interval '1 ms' AS due_at
  FROM (
    SELECT c.id AS chat_id, c.chat_key AS session_id, v.contact_at, s.stage, CASE s.stage WHEN 'back' THEN 0
        WHEN 'warning' THEN d.connection_warning_duration * 1000
        ELSE coalesce(nullif(d.connection_timeout_duration, 0) * 1000, ${CONNECTION_TIMEOUT_MS}) END AS wait_ms
      FROM chat c JOIN visitor_contact v ON v.session_id = c.chat_key
      JOIN so_live_chat_deployment d ON d.id = c.deployment_id
      CROSS JOIN LATERAL (SELECT CASE WHEN v.warned_at < v.contact_at THEN 'back'
        WHEN v.warned_at IS NULL AND d.connection_warning_duration > 0 THEN 'warning' ELSE 'timeout' END AS stage) s
     WHERE c.state <> 'ended' AND ($1::bigint IS NULL OR c.id = $1)
  ) silence ORDER BY contact_at + wait_ms * interval '1 ms' LIMIT ${BATCH}`;

/** Open chats by when their visitor's silence is to be looked at. */
export async function silentVisitors(context: FloorContext, now: number): Promise<readonly Silence[]> {
  const { goodSince } = context.contacts;
  if (goodSince === undefined) return [];
  const rows = await context.db.query<Silence>(SILENCE, [null], 'floor.silentVisitors');
  return rows
    .filter(({ due_at, session_id, stage }) => {
      // Its poll is held here: it is there, and its next contact will say so.
      if (stage === 'back' || due_at > now || !context.waiters.has(session_id)) return true;
      context.visitorContacts.note(session_id);
      return false;
    })
    .map((row) => ({
      ...row,
      due_at: Math.max(row.due_at, row.stage === 'back' ? 0 : goodSince + row.wait_ms),
    }))
    .sort((a, b) => a.due_at - b.due_at);
}

/** Looks at one visitor anew, under the floor lock: warns, gives up, or takes a warning back. */
export async function visitorSilent(work: Work, chatId: number): Promise<void> {
  const chat = await work.chat(chatId);
  if (!chat || chat.state === 'ended') return;
  const [silence] = await work.tx.query<Silence>(SILENCE, [chatId], 'floor.silentVisitor');
  if (!silence || silence.due_at > work.now) return;
  if (silence.stage === 'timeout') {
    if (chat.establishedAt === null) chat.outcome = 'Dropped';
    return endChat(work, chat, {
      by: 'Visitor',
      reason: 'unknown',
      note: 'ConnectionTimeout',
      actor: 'visitor',
    });
  }
  const warning = silence.stage === 'warning';
  await work.tx.query(
    'UPDATE visitor_contact SET warned_at = $2 WHERE session_id = $1',
    [chat.sessionId, warning ? isoOf(work.now) : null],
    'floor.visitorWarned',
  );
  if (warning) work.note(chat, 'ConnectionWarning');
  await tellAgents(work, chat, { type: 'visitorConnection', chatId: String(chat.id), warning });
}
