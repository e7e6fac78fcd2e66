/** Everything an agent's console shows, read in one statement, so that it is of one moment and fits `lastEventId`. */

import { ApiError } from '../errors.js';
import type { Queryable } from '../store/database.js';
import { FILES } from './beside.js';
import { findAgent } from './configuration.js';
import { LINES_SHOWN } from './engaging.js';
import type { Engagement, OpenOffer } from './entities.js';
import type { AgentSettings, AgentState, ChatLine, ListedRequest } from './floor.js';
import { type EngagedView, engagedChatOf, offerOf, type Summarised } from './summary.js';
import { SUMMARISED } from './summary-sql.js';

interface SnapshotRow {
  id: number;
  name: string;
  status: 'Online' | 'Away';
  startedAt: number;
  statusSince: number;
  settings: AgentSettings;
  lastId: number;
  offers: {
    chat: Summarised;
    offer: Pick<OpenOffer, 'generation' | 'kind' | 'offeredAt' | 'dueAt' | 'from'>;
  }[];
  requests: ListedRequest[];
  chats: {
    chat: Summarised;
    engagement: Pick<Engagement, 'startedAt' | 'flagMessage' | 'flagRaisedAt'>;
    lines: ChatLine[];
    view: EngagedView;
  }[];
}

const SNAPSHOT = `SELECT l.id, l.name, l.status, l.started_at AS "startedAt", l.status_since AS "statusSince", l.settings,
  x.last_id AS "lastId",
  coalesce((SELECT jsonb_agg(jsonb_build_object('chat', ${SUMMARISED}, 'offer', jsonb_build_object(
      'generation', o.generation, 'kind', o.kind, 'offeredAt', epoch_ms(o.offered_at), 'dueAt', epoch_ms(o.due_at),
      'from', CASE WHEN f.id IS NOT NULL THEN jsonb_build_object('userId', f.user_id, 'name', f.name) END))
      ORDER BY o.offered_at, o.chat_id)
    FROM offer o JOIN chat c ON c.id = o.chat_id LEFT JOIN login f ON f.id = o.from_login_id
   WHERE o.login_id = l.id AND o.state = 'open'), '[]') AS offers,
  coalesce((SELECT jsonb_agg(c.listing ORDER BY c.requested_at, c.id)
    FROM listed_request r JOIN chat c ON c.id = r.chat_id WHERE r.login_id = l.id), '[]') AS requests,
  coalesce((SELECT jsonb_agg(jsonb_build_object('chat', ${SUMMARISED}, 'engagement', jsonb_build_object(
      'startedAt', epoch_ms(e.started_at), 'flagMessage', e.flag_message, 'flagRaisedAt', epoch_ms(e.flag_raised_at)),
      'lines', coalesce((SELECT jsonb_agg(chat_line(m) ORDER BY m.sequence) FROM chat_message m
        WHERE m.chat_id = c.id AND m.sequence > v.last_sequence - ${LINES_SHOWN}), '[]'),
      'view', jsonb_build_object('isOwner', e.kind = 'primary',
        'others', coalesce((SELECT jsonb_agg(jsonb_build_object('userId', p.user_id, 'name', p.name) ORDER BY p.generation)
          FROM engagement p WHERE p.chat_id = c.id AND p.ended_at IS NULL AND p.login_id <> l.id), '[]'),
        'transfer', CASE WHEN (c.transfer->>'fromLoginId')::bigint = l.id
          THEN jsonb_build_object('to', c.transfer->'to', 'requestedAt', c.transfer->'requestedAt') END,
        'invited', coalesce((SELECT jsonb_agg(jsonb_build_object('userId', i.user_id, 'name', il.name) ORDER BY i.generation)
          FROM offer i JOIN login il ON il.id = i.login_id WHERE i.chat_id = c.id AND i.state = 'open'
            AND i.kind = 'conference' AND i.from_login_id = l.id), '[]'),
        'alerts', jsonb_build_object('criticalWait', v.critical_since IS NOT NULL, 'visitorIdle', v.idle_warned_at IS NOT NULL,
          'visitorConnection', EXISTS (SELECT FROM visitor_contact w
            WHERE w.session_id = v.session_id AND w.warned_at IS NOT NULL)),
        'files', ${FILES}, 'location', (SELECT g.location FROM visitor_page g WHERE g.chat_id = c.id)))
      ORDER BY e.started_at, e.chat_id)
    FROM engagement e JOIN chat c ON c.id = e.chat_id JOIN conversation v ON v.chat_id = c.id WHERE e.login_id = l.id AND e.ended_at IS NULL), '[]') AS chats
  FROM login l JOIN agent_outbox x ON x.login_id = l.id WHERE l.user_id = $1 AND l.ended_at IS NULL`;

/** The agent's snapshot; Offline when there is no open login. INVALID_OPERATION for a user who is not active. */
export async function agentSnapshot(db: Queryable, userId: string): Promise<AgentState> {
  const [row] = await db.query<SnapshotRow>(SNAPSHOT, [userId], 'floor.agentSnapshot');
  if (!row) {
    const agent = await findAgent(db, userId);
    if (!agent) throw new ApiError('INVALID_OPERATION', `user ${userId} is not active`);
    return {
      userId,
      name: agent.name,
      status: 'Offline',
      loginId: null,
      loginAt: null,
      statusSince: null,
      settings: agent.settings,
      offers: [],
      requests: [],
      chats: [],
      lastEventId: 0,
    };
  }
  return {
    userId,
    name: row.name,
    status: row.status,
    loginId: String(row.id),
    loginAt: row.startedAt,
    statusSince: row.statusSince,
    settings: row.settings,
    offers: row.offers.map(({ chat, offer }) => offerOf(chat, offer)),
    requests: row.requests,
    chats: row.chats.map(({ chat, engagement, lines, view }) => engagedChatOf(chat, engagement, lines, view)),
    lastEventId: row.lastId,
  };
}
