/**
 * ReconnectSession: numbers start over; the whole conversation so far comes first, then whatever else was not confirmed.
 * The visitor's own POST numbers start over too.
 *
 * Invariant: a line is either in that conversation or comes after it. So the conversation's row is locked first, as by
 * whoever says a line: one whose commit is still under way would have waited with a number before the conversation's.
 */
import { randomBytes } from 'node:crypto';
import type { Tx } from '../store/database.js';
import type { FloorContext } from './context.js';
import type { ChatLine, VisitorMessage } from './floor.js';
import { placeOf } from './queue-updates.js';
import { noSession } from './visitor-sessions.js';

/** INVALID_SESSION_ID if there is no such session. */
export async function reconnect(
  context: FloorContext,
  sessionId: string,
): Promise<{ affinityToken: string }> {
  for (;;) {
    const affinityToken = randomBytes(4).toString('hex');
    const isDone = await context.db.tx((tx) => startOver(tx, sessionId, affinityToken));
    if (isDone) return { affinityToken };
  }
}

/** False, and nothing changed: the session's chat was requested in this very moment. */
async function startOver(tx: Tx, sessionId: string, affinityToken: string): Promise<boolean> {
  const [asked] = await tx.query<{ chat_id: number | null }>(
    'SELECT chat_id FROM visitor_session WHERE id = $1',
    [sessionId],
    'floor.reconnectAsked',
  );
  await tx.query(
    'SELECT v.chat_id FROM conversation v WHERE v.chat_id = $1 FOR UPDATE',
    [asked?.chat_id ?? null],
    'floor.reconnectLock',
  );
  const [session] = await tx.query<{ chat_id: number | null; batch: VisitorMessage[] }>(
    'SELECT chat_id, batch FROM visitor_session WHERE id = $1 FOR UPDATE',
    [sessionId],
    'floor.reconnecting',
  );
  if (!session) throw noSession();
  if (session.chat_id !== asked?.chat_id) return false;
  const waiting = await tx.query<VisitorMessage & { id: number }>(
    'DELETE FROM visitor_message WHERE session_id = $1 RETURNING id, type, body AS message',
    [sessionId],
    'floor.reconnectTake',
  );
  waiting.sort((a, b) => a.id - b.id);
  const said = await tx.query<{ line: ChatLine }>(
    `SELECT chat_line(m) AS line FROM chat_message m
        WHERE m.chat_id = $1 AND m.kind IN ('visitor', 'agent') ORDER BY m.sequence`,
    [session.chat_id],
    'floor.reconnectLines',
  );
  const [chat] = await tx.query<{
    id: number;
    referrer: string | null;
    post_chat_url: string | null;
    is_queued: boolean;
    sneak_peek: boolean;
    handed_over: { name: string; at: number }[];
  }>(
    // handed_over: every agent but the first who took the chat; who was asked into it has not.
    `SELECT c.id, c.request->>'referrer' AS referrer, b.postchat_url AS post_chat_url,
       c.state IN ('waiting', 'offered') AND c.established_at IS NULL AS is_queued,
       EXISTS (SELECT FROM engagement e JOIN login l ON l.id = e.login_id
                WHERE e.chat_id = c.id AND e.ended_at IS NULL AND e.kind = 'primary'
                  AND (l.settings->>'seesSneakPeek')::boolean) AS sneak_peek,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', t.name, 'at', epoch_ms(t.started_at)) ORDER BY t.generation)
         FROM (SELECT e.name, e.started_at, e.generation FROM engagement e
                 JOIN offer o ON o.chat_id = e.chat_id AND o.generation = e.generation AND o.kind <> 'conference'
                WHERE e.chat_id = c.id ORDER BY e.generation OFFSET 1) t), '[]') AS handed_over
       FROM chat c LEFT JOIN so_live_chat_button b ON b.id = c.button_id WHERE c.id = $1`,
    [session.chat_id],
    'floor.reconnectChat',
  );
  const data: VisitorMessage = {
    type: 'ChasitorSessionData',
    message: {
      queuePosition: chat?.is_queued ? await placeOf(tx, chat.id) : 0,
      geoLocation: {},
      url: chat?.referrer ?? '',
      oref: chat?.referrer ?? '',
      postChatUrl: chat?.post_chat_url ?? '',
      sneakPeekEnabled: chat?.sneak_peek ?? false,
      chatMessages: conversation(
        said.map(({ line }) => line),
        chat?.handed_over ?? [],
      ),
    },
  };
  // What was said is in there, and it is newer than one that was not confirmed; only the rest is still news.
  const rest = [...session.batch, ...waiting].filter(
    ({ type }) => !CONTAINED.has(type) && !TRANSIENT.has(type),
  );
  await tx.query(
    `INSERT INTO visitor_message (session_id, at, type, body)
       SELECT $1, (SELECT floor_now()), m.type, m.body
         FROM jsonb_to_recordset($2) AS m (ord int, type text, body jsonb) ORDER BY m.ord`,
    [
      sessionId,
      JSON.stringify([data, ...rest].map(({ type, message }, ord) => ({ ord, type, body: message }))),
    ],
    'floor.reconnectPost',
  );
  await tx.query(
    `UPDATE visitor_session SET sequence = -1, batch = '[]', undelivered = false, post_epoch = post_epoch + 1,
         poll_token = poll_token + 1, affinity_token = $2 WHERE id = $1`,
    [sessionId, affinityToken],
    'floor.reconnected',
  );
  return true;
}

const CONTAINED = new Set(['ChatMessage', 'ChasitorSessionData']);
const TRANSIENT = new Set(['AgentTyping', 'AgentNotTyping']);

/**
 * The lines, and where the chat went to another agent a notice of it (live-agent-chat.md §13.7, OperatorTransferred).
 * (u): a notice's words and number; it carries the new agent's name and the number of the line before it.
 */
function conversation(lines: readonly ChatLine[], handedOver: readonly { name: string; at: number }[]) {
  const notices = [...handedOver];
  const messages: Record<string, unknown>[] = [];
  let last = 0;
  const noticesUntil = (until: number) => {
    while (notices[0] && notices[0].at <= until) {
      const { name, at } = notices.shift() as { name: string; at: number };
      messages.push({ type: 'OperatorTransferred', name, content: '', timestamp: at, sequence: last });
    }
  };
  for (const { kind, name, text, at, sequence } of lines) {
    noticesUntil(at);
    const type = kind === 'agent' ? 'Agent' : 'Chasitor';
    messages.push({ type, name, content: text, timestamp: at, sequence });
    last = sequence;
  }
  noticesUntil(Number.POSITIVE_INFINITY);
  return messages;
}
