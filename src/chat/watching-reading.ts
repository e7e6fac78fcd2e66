/** Reads what is new in the chats somebody watches, all of them in one statement. */
import type { Queryable } from '../store/database.js';
import { FILES } from './beside.js';
import type { ChatLine, ChatSummary } from './floor.js';
import { type Summarised, summaryOf } from './summary.js';
import { ENGAGEMENT, SUMMARISED } from './summary-sql.js';
import { WATCHED_LINES, type WatchedAgent, type WatchedChat } from './watching-state.js';

/** What is known of a watched chat: version of its row (its xmin; see board-reading.ts), and the last line. */
export interface Position {
  readonly version: number;
  readonly lastSequence: number;
}

export interface WatchedReading extends Position {
  readonly chatId: number;
  /** False: it may not be watched any more, and nothing else is said of it. */
  readonly isOpen: boolean;
  readonly lines: readonly ChatLine[];
  /** Undefined: as before. */
  readonly state?: WatchedChat['state'];
  readonly agents?: readonly WatchedAgent[];
  readonly files?: WatchedChat['files'];
}

type Parts = Pick<WatchedChat, 'state' | 'agents' | 'files'>;

const PARTS = `'state', c.state,
  'agents', coalesce((SELECT jsonb_agg(jsonb_build_object(${ENGAGEMENT},
      'isSneakPeeked', coalesce((l.settings->>'isSneakPeeked')::boolean, false)) ORDER BY e.generation)
    FROM engagement e JOIN login l ON l.id = e.login_id WHERE e.chat_id = c.id AND e.ended_at IS NULL), '[]'),
  'files', ${FILES}`;

/**
 * Whether supervisors may watch the chat `c`: every agent in it has a configuration that allows it. (u): the reference
 * has OptionsHasChatMonitoring among what the agent's configuration allows; that it is the watched agent's, and not the
 * supervisor's, is decided here.
 */
const IS_OPEN = `NOT EXISTS (SELECT FROM engagement e JOIN login l ON l.id = e.login_id
   WHERE e.chat_id = c.id AND e.ended_at IS NULL AND NOT coalesce((l.settings->>'isMonitored')::boolean, false))`;

/** A chat that is not over, as it is now; undefined if there is none. */
export async function readWatched(
  db: Queryable,
  chatId: number,
): Promise<({ readonly watched: WatchedChat; readonly isOpen: boolean } & Position) | undefined> {
  const [row] = await db.query<
    Position & {
      isOpen: boolean;
      parts: Parts;
      chat: Summarised;
      lines: ChatLine[];
    }
  >(
    `SELECT c.xmin::text::bigint AS version, jsonb_build_object(${PARTS}) AS parts,
       ${SUMMARISED} AS chat,
       coalesce((SELECT jsonb_agg(chat_line(m) ORDER BY m.sequence) FROM chat_message m
         WHERE m.chat_id = c.id AND m.sequence > v.last_sequence - ${WATCHED_LINES}), '[]') AS lines,
       v.last_sequence AS "lastSequence", ${IS_OPEN} AS "isOpen"
     FROM chat c JOIN conversation v ON v.chat_id = c.id WHERE c.id = $1 AND c.state <> 'ended'`,
    [chatId],
    'floor.watchedChat',
  );
  if (!row) return undefined;
  const { version, lastSequence, isOpen, parts, lines } = row;
  const chat: ChatSummary = summaryOf(row.chat);
  return { version, lastSequence, isOpen, watched: { chat, ...parts, lines } };
}

/** Of these chats those with something new; at most `WATCHED_LINES` lines each, the rest comes with the next look. */
export async function readNew(
  db: Queryable,
  known: ReadonlyMap<number, Position>,
): Promise<readonly WatchedReading[]> {
  const positions = [...known.values()];
  const rows = await db.query<{
    chatId: number;
    version: number;
    isOpen: boolean;
    parts: Parts | null;
    lines: ChatLine[];
  }>(
    `SELECT c.id AS "chatId", c.xmin::text::bigint AS version, o."isOpen", n.lines,
       CASE WHEN c.xmin::text::bigint <> k.version THEN jsonb_build_object(${PARTS}) END AS parts
     FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS k (id, version, sequence)
     JOIN chat c ON c.id = k.id
     CROSS JOIN LATERAL (SELECT ${IS_OPEN} AS "isOpen") o
     CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(chat_line(m) ORDER BY m.sequence), '[]') AS lines FROM chat_message m
        WHERE m.chat_id = c.id AND m.sequence > k.sequence AND m.sequence <= k.sequence + ${WATCHED_LINES}) n
     WHERE c.xmin::text::bigint <> k.version OR n.lines <> '[]' OR NOT o."isOpen"`,
    [
      [...known.keys()],
      positions.map(({ version }) => version),
      positions.map(({ lastSequence }) => lastSequence),
    ],
    'floor.watchedNews',
  );
  return rows.map(({ chatId, version, isOpen, parts, lines }) => ({
    chatId,
    version,
    isOpen,
    lines,
    lastSequence: lines.at(-1)?.sequence ?? known.get(chatId)?.lastSequence ?? 0,
    ...(parts ?? {}),
  }));
}
