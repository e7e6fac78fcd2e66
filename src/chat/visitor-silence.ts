/**
 * The visitor's connection (live-agent-chat.md §11): clients must go on polling; one that is silent for the deployment's
 * warning duration is reported to the agent, one that is silent for its time-out is gone, and the chat with it.
 *
 * A visitor is heard while its poll is held, whichever process holds it. Any process may find the silence, by what is
 * written; so a contact that counts is written before it is needed: every process looks for visitors whose time comes
 * near, and writes at once when it heard them last. Their processes need not be known, and one that is killed keeps nobody.
 *
 * Silence counts only while this process has been writing what it hears: nobody is given up for our own outage.
 */
import { isoOf } from '../clock.js';
import { CONNECTION_TIMEOUT_MS } from './configuration.js';
import { type FloorContext, LOOK_MS } from './context.js';
import { tellAgents } from './conversation-clocks.js';
import { fireOne } from './deadlines.js';
import { endChat } from './ending.js';
import type { Work } from './work.js';

/** A time is near when this process looks once more, at least, before it comes; real milliseconds. */
const NEAR_MS = 2 * LOOK_MS;
/** Between two looks, where a deployment gives its visitors next to no time; real milliseconds. */
const SHORTEST_LOOK_MS = 200;
/** Near visitors read at a time. */
const NEAR_LIMIT = 5_000;
/** Silences acted upon before looking again: meanwhile contacts wait to be written. */
const BATCH = 50;

/** `wait_ms` 0: the visitor is back after a warning. */
interface Silence {
  readonly chat_id: number;
  readonly session_id: string;
  readonly due_at: number;
  readonly wait_ms: number;
  readonly stage: 'back' | 'warning' | 'timeout';
}

interface Near extends Silence {
  readonly is_warned: boolean;
}

const WARNING_MS = 'd.connection_warning_duration * 1000';
const TIMEOUT_MS = `coalesce(nullif(d.connection_timeout_duration, 0) * 1000, ${CONNECTION_TIMEOUT_MS})`;

/** Silences of open chats: what comes next, and when. */
const SILENCES = `SELECT c.id AS chat_id, c.chat_key AS session_id, s.stage, w.wait_ms, v.warned_at,
    v.contact_at + w.wait_ms * interval '1 ms' AS due_at
  FROM chat c JOIN visitor_contact v ON v.session_id = c.chat_key
  JOIN so_live_chat_deployment d ON d.id = c.deployment_id
  CROSS JOIN LATERAL (SELECT CASE WHEN v.warned_at < v.contact_at THEN 'back'
    WHEN v.warned_at IS NULL AND d.connection_warning_duration > 0 THEN 'warning' ELSE 'timeout' END AS stage) s
  CROSS JOIN LATERAL (SELECT CASE s.stage WHEN 'back' THEN 0 WHEN 'warning' THEN ${WARNING_MS} ELSE ${TIMEOUT_MS} END
    AS wait_ms) w
 WHERE c.state <> 'ended'`;

/**
 * What is near at $1, no more than $2 ms before it is due, the earliest first, with the shortest wait there can be. As JSON:
 * there may be thousands, each looked at once.
 */
const NEAR = `SELECT
  (SELECT least(min(${TIMEOUT_MS}), min(nullif(${WARNING_MS}, 0))) FROM so_live_chat_deployment d) AS shortest_ms,
  (SELECT json_agg(json_build_object('chat_id', n.chat_id, 'session_id', n.session_id, 'stage', n.stage,
      'wait_ms', n.wait_ms, 'due_at', epoch_ms(n.due_at), 'is_warned', n.is_warned) ORDER BY n.due_at) FROM (
    SELECT q.chat_id, q.session_id, q.stage, q.wait_ms, q.due_at, q.warned_at IS NOT NULL AS is_warned
      FROM (${SILENCES}) q
     WHERE q.due_at - least($2, q.wait_ms / 2) * interval '1 ms' <= $1 OR q.warned_at IS NOT NULL
     ORDER BY q.due_at LIMIT ${NEAR_LIMIT}
  ) n) AS near`;

/**
 * Writes the contacts that count, acts upon the silence of who was not heard, and gives when to look again. Chats in
 * `failing` are left alone.
 */
export async function lookForSilence(
  context: FloorContext,
  failing: Set<number>,
): Promise<number | undefined> {
  const { goodSince } = context.contacts;
  if (goodSince === undefined) return undefined;
  const now = await context.clock.now();
  context.time.anchor(now);
  const speed = context.clock.speed || 1;
  const [read] = await context.db.query<{ shortest_ms: number | null; near: Near[] | null }>(
    NEAR,
    [isoOf(now), Math.round(NEAR_MS * speed)],
    'floor.nearSilences',
  );
  const shortest_ms = read?.shortest_ms ?? CONNECTION_TIMEOUT_MS;
  let next = now + Math.min(LOOK_MS * speed, Math.max(SHORTEST_LOOK_MS * speed, shortest_ms / 4));
  const heard: string[] = [];
  const awaited = new Set<string>();
  const due: Silence[] = [];
  for (const silence of read?.near ?? []) {
    if (failing.has(silence.chat_id)) continue;
    const { session_id, stage } = silence;
    if (stage === 'back') due.push(silence);
    else if (isHeard(context, session_id)) {
      if (context.waiters.has(session_id)) context.visitorContacts.note(session_id);
      heard.push(session_id);
      // Once that is written, its warning can be taken back.
      if (silence.is_warned) next = now;
    } else {
      const dueAt = Math.max(silence.due_at, goodSince + silence.wait_ms);
      if (dueAt <= now) due.push(silence);
      else {
        awaited.add(session_id);
        next = Math.min(next, dueAt);
      }
    }
  }
  context.visitorContacts.await(awaited);
  await context.visitorContacts.flush(now, heard);
  for (const { chat_id } of due.slice(0, BATCH)) {
    const isDone = await fireOne(context, chat_id, (work) => visitorSilent(work, chat_id));
    if (!isDone) failing.add(chat_id);
  }
  return due.length > BATCH ? now : next;
}

/** Its poll is held here, or it was heard here since what is written. */
function isHeard({ waiters, visitorContacts }: FloorContext, sessionId: string): boolean {
  return waiters.has(sessionId) || visitorContacts.isUnwritten(sessionId);
}

/** Looks at one visitor anew, under the floor lock: warns, gives up, or takes a warning back. */
async function visitorSilent(work: Work, chatId: number): Promise<void> {
  const chat = await work.chat(chatId);
  if (!chat || chat.state === 'ended') return;
  const [silence] = await work.tx.query<Silence>(
    `${SILENCES} AND c.id = $1`,
    [chatId],
    'floor.silentVisitor',
  );
  if (!silence || silence.due_at > work.now) return;
  // Heard while this unit of work waited for its turn.
  if (silence.stage !== 'back' && isHeard(work.context, chat.sessionId)) return;
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
