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

/** A chat that is not over, as it is now; undefined if there is none. */
export async function readWatched(
  db: Queryable,
  chatId: number,
): Promise<({ readonly watched: WatchedChat } & Position) | undefined> {
  const [row] = await db.query<
    Position & {
      parts: Parts;
      chat: Summarised;
      lines: ChatLine[];
    }
  >(
    `SELECT c.xmin::text::bigint AS version, jsonb_build_object(${PARTS}) AS parts,
       ${SUMMARISED} AS chat,
       coalesce((SELECT jsonb_agg(chat_line(m) ORDER BY m.sequence) FROM chat_message m
         WHERE m.chat_id = c.id AND m.sequence > v.last_sequence - ${WATCHED_LINES}), '[]') AS lines,
       v.last_sequence AS "lastSequence"
     FROM chat c JOIN conversation v ON v.chat_id = c.id WHERE c.id = $1 AND c.state <> 'ended'`,
    [chatId],
    'floor.watchedChat',
  );
  if (!row) return undefined;
  const { version, lastSequence, parts, lines } = row;
  const chat: ChatSummary = summaryOf(row.chat);
  return { version, lastSequence, watched: { chat, ...parts, lines } };
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
    parts: Parts | null;
    lines: ChatLine[];
  }>(
    `SELECT c.id AS "chatId", c.xmin::text::bigint AS version, n.lines,
       CASE WHEN c.xmin::text::bigint <> k.version THEN jsonb_build_object(${PARTS}) END AS parts
     FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS k (id, version, sequence)
     JOIN chat c ON c.id = k.id
     CROSS JOIN LATERAL (
       SELECT coalesce(jsonb_agg(chat_line(m) ORDER BY m.sequence), '[]') AS lines FROM chat_message m
        WHERE m.chat_id = c.id AND m.sequence > k.sequence AND m.sequence <= k.sequence + ${WATCHED_LINES}) n
     WHERE c.xmin::text::bigint <> k.version OR n.lines <> '[]'`,
    [
      [...known.keys()],
      positions.map(({ version }) => version),
      positions.map(({ lastSequence }) => lastSequence),
    ],
    'floor.watchedNews',
  );
  return rows.map(({ chatId, version, parts, lines }) => ({
    chatId,
    version,
    lines,
    lastSequence: lines.at(-1)?.sequence ?? known.get(chatId)?.lastSequence ?? 0,
    ...(parts ?? {}),
  }));
}
