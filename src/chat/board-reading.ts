/**
 * Reads what is different since an earlier reading, in one statement, so that it is of one moment whatever several
 * processes do. A row's version is its xmin, the transaction that wrote it: every unit of work of the floor rewrites the
 * row of each login and chat whose parts (skills, offers, engagements, flags) it changes. A reading's horizon is the
 * oldest transaction that ran while it was made: what changed after the reading was written by that one or a younger one.
 */
import type { Queryable } from '../store/database.js';
import { type BoardLogin, boardAgentOf } from './board-agent.js';
import {
  BOARD_LIMITS,
  type BoardAgent,
  type BoardButton,
  type BoardChat,
  type BoardSkill,
} from './board-state.js';
import { ENGAGEMENT } from './summary-sql.js';

/** A login or chat, and the version of its row. */
export interface Versioned<T> {
  readonly id: number;
  readonly version: number;
  readonly value: T;
}

export interface FloorReading {
  /** To be given to the next reading. */
  readonly horizon: string;
  /** Ids of everything on the board, ascending, separated by commas. */
  readonly loginIds: string;
  readonly chatIds: string;
  /** All that changed since the horizon, and perhaps some that did shortly before. */
  readonly agents: readonly Versioned<BoardAgent>[];
  readonly chats: readonly Versioned<BoardChat>[];
}

const LOGIN = `jsonb_build_object('id', l.id, 'userId', l.user_id, 'name', l.name, 'status', l.status,
  'connected', l.connected, 'loginAt', epoch_ms(l.started_at), 'statusSince', epoch_ms(l.status_since), 'meter', l.meter,
  'skillIds', array(SELECT s.skill_id FROM login_skill s WHERE s.login_id = l.id ORDER BY s.skill_id),
  'lastAcceptAt', (SELECT epoch_ms(e.at) FROM floor_event e
     WHERE e.login_id = l.id AND e.kind = 'engage' ORDER BY e.seq DESC LIMIT 1))`;

const CHAT = `jsonb_build_object('chatId', c.id::text, 'chatKey', c.chat_key, 'visitorName', c.request->>'visitorName',
  'state', c.state, 'buttonId', c.button_id, 'skillIds', c.skill_ids, 'targetUserId', c.target_user_id,
  'requestedAt', epoch_ms(c.requested_at), 'waitingSince', epoch_ms(c.waiting_since),
  'establishedAt', epoch_ms(c.established_at),
  'offers', coalesce((SELECT jsonb_agg(jsonb_build_object('loginId', o.login_id::text, 'userId', o.user_id, 'kind', o.kind,
      'offeredAt', epoch_ms(o.offered_at), 'dueAt', epoch_ms(o.due_at)) ORDER BY o.generation)
    FROM offer o WHERE o.chat_id = c.id AND o.state = 'open'), '[]'),
  'agents', coalesce((SELECT jsonb_agg(jsonb_build_object(${ENGAGEMENT}) ORDER BY e.generation)
    FROM engagement e WHERE e.chat_id = c.id AND e.ended_at IS NULL), '[]'))`;

/** `age` counts transactions back from now, so it compares them rightly when their numbers begin again. */
const FLOOR = `WITH open_login AS MATERIALIZED (
    SELECT id, xmin AS written_by FROM login WHERE ended_at IS NULL ORDER BY id LIMIT ${BOARD_LIMITS.agents}
  ), open_chat AS MATERIALIZED (
    SELECT id, xmin AS written_by FROM chat WHERE state <> 'ended' ORDER BY id LIMIT ${BOARD_LIMITS.chats}
  )
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
    coalesce((SELECT string_agg(id::text, ',' ORDER BY id) FROM open_login), '') AS "loginIds",
    coalesce((SELECT string_agg(id::text, ',' ORDER BY id) FROM open_chat), '') AS "chatIds",
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', o.id, 'version', o.written_by::text::bigint, 'value', ${LOGIN}) ORDER BY o.id)
      FROM open_login o JOIN login l ON l.id = o.id
     WHERE $1::xid IS NULL OR age(o.written_by) <= age($1::xid) OR o.id = ANY ($2::bigint[])), '[]') AS logins,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', o.id, 'version', o.written_by::text::bigint, 'value', ${CHAT}) ORDER BY o.id)
      FROM open_chat o JOIN chat c ON c.id = o.id
     WHERE $1::xid IS NULL OR age(o.written_by) <= age($1::xid) OR o.id = ANY ($3::bigint[])), '[]') AS chats`;

/** Transactions are numbered in 64 bits; rows keep the lower half. */
const ROW_BITS = 0xffff_ffffn;

/** Open logins and chats that changed since the horizon of an earlier reading, and those named; undefined: all of them. */
export async function readFloor(
  db: Queryable,
  since: string | undefined,
  named: { readonly logins: readonly number[]; readonly chats: readonly number[] },
): Promise<FloorReading> {
  const [row] = await db.query<
    Omit<FloorReading, 'agents'> & { readonly logins: readonly Versioned<BoardLogin>[] }
  >(
    FLOOR,
    [since === undefined ? null : String(BigInt(since) & ROW_BITS), named.logins, named.chats],
    'floor.board',
  );
  if (!row) throw new Error('no answer about the floor');
  const { logins, ...rest } = row;
  return {
    ...rest,
    agents: logins.map(({ id, version, value }) => ({ id, version, value: boardAgentOf(value) })),
  };
}

/** Buttons that can be asked, and skills; whole, because an administrator changes them a few times a day. */
export async function readSigns(
  db: Queryable,
): Promise<{ readonly buttons: readonly BoardButton[]; readonly skills: readonly BoardSkill[] }> {
  const [row] = await db.query<{ buttons: BoardButton[]; skills: BoardSkill[] }>(
    `SELECT
       coalesce((SELECT jsonb_agg(jsonb_build_object('buttonId', b.id, 'label', b.master_label, 'routing', b.routing_type,
           'skillIds', array(SELECT b.skill_id WHERE b.skill_id IS NOT NULL UNION
             SELECT s.skill_id FROM so_live_chat_button_skill s
              WHERE s.button_id = b.id AND s.skill_id IS NOT NULL AND NOT s.is_deleted ORDER BY 1),
           'hasQueue', b.has_queue, 'perAgentQueueLength', b.per_agent_queue_length,
           'overallQueueLength', b.overall_queue_length) ORDER BY b.id)
         FROM (SELECT id, master_label, routing_type, skill_id, has_queue, per_agent_queue_length, overall_queue_length
                 FROM so_live_chat_button WHERE NOT is_deleted AND (type = 'Standard' OR is_active)
                ORDER BY id LIMIT ${BOARD_LIMITS.buttons}) b), '[]') AS buttons,
       coalesce((SELECT jsonb_agg(jsonb_build_object('skillId', k.id, 'label', k.master_label) ORDER BY k.id)
         FROM (SELECT id, master_label FROM so_skill WHERE NOT is_deleted ORDER BY id LIMIT ${BOARD_LIMITS.skills}) k),
         '[]') AS skills`,
    [],
    'floor.boardSigns',
  );
  if (!row) throw new Error('no answer about buttons and skills');
  return row;
}
