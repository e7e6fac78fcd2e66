/** Reads the floor's entities. Under the floor lock nobody else changes them, so no row is locked here but conversations. */
import type { Queryable } from '../store/database.js';
import type { Chat, Conversation, Engagement, Login, OpenOffer } from './entities.js';

const LOGIN_COLUMNS = `l.id, l.user_id AS "userId", l.name, l.started_at AS "startedAt", l.status,
  l.status_since AS "statusSince", l.connected, l.settings, l.last_offer_at AS "lastOfferAt", l.meter,
  c.contact_at AS "contactAt", l.ended_at AS "endedAt", l.end_reason AS "endReason", l.session_id AS "sessionId"`;

/** Logins of any state. */
export function loadLogins(db: Queryable, ids: readonly number[]): Promise<Login[]> {
  return db.query<Login>(
    `SELECT ${LOGIN_COLUMNS} FROM login l JOIN login_contact c ON c.login_id = l.id WHERE l.id = ANY ($1)`,
    [ids],
    'floor.loadLogins',
  );
}

/** A login of any state. */
export async function loadLogin(db: Queryable, id: number): Promise<Login | undefined> {
  const [login] = await db.query<Login>(
    `SELECT ${LOGIN_COLUMNS} FROM login l JOIN login_contact c ON c.login_id = l.id WHERE l.id = $1`,
    [id],
    'floor.loadLogin',
  );
  return login;
}

/** The open login of a user. */
export async function findLogin(db: Queryable, userId: string): Promise<Login | undefined> {
  const [login] = await db.query<Login>(
    `SELECT ${LOGIN_COLUMNS} FROM login l JOIN login_contact c ON c.login_id = l.id
      WHERE l.user_id = $1 AND l.ended_at IS NULL`,
    [userId],
    'floor.findLogin',
  );
  return login;
}

/** Open logins, by id, at most `limit`. */
export function openLogins(db: Queryable, limit: number): Promise<Login[]> {
  return db.query<Login>(
    `SELECT ${LOGIN_COLUMNS} FROM login l JOIN login_contact c ON c.login_id = l.id
      WHERE l.ended_at IS NULL ORDER BY l.id LIMIT $1`,
    [limit],
    'floor.openLogins',
  );
}

/** A chat with its open offers and running engagements. */
export async function loadChat(db: Queryable, id: number): Promise<Chat | undefined> {
  const [chat] = await db.query<
    Omit<Chat, 'offers' | 'engagements' | 'conversation'> & {
      offers: OpenOffer[];
      engagements: Engagement[];
    }
  >(
    `SELECT c.id, c.chat_key AS "chatKey", v.session_id AS "sessionId", c.state, c.deployment_id AS "deploymentId",
       c.button_id AS "buttonId", c.skill_ids AS "skillIds", c.target_user_id AS "targetUserId", c.fallbacks, c.request,
       c.requested_at AS "requestedAt", c.waiting_since AS "waitingSince", c.established_at AS "establishedAt",
       c.ended_at AS "endedAt", c.declined_by AS "declinedBy", c.timed_out_by AS "timedOutBy", c.attempts, c.generation,
       c.last_assigned_user_id AS "lastAssignedUserId", c.last_operator_user_id AS "lastOperatorUserId",
       c.queue_position AS "queuePosition", c.by_choice AS "byChoice", c.transfer, c.ended_by AS "endedBy", c.end_reason AS "endReason", c.outcome, c.seq, c.at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('generation', o.generation, 'loginId', o.login_id,
           'userId', o.user_id, 'name', l.name, 'kind', o.kind, 'state', o.state, 'offeredAt', epoch_ms(o.offered_at),
           'dueAt', epoch_ms(o.due_at), 'endedAt', NULL, 'fromLoginId', o.from_login_id, 'from', CASE WHEN f.id IS NOT NULL
           THEN jsonb_build_object('userId', f.user_id, 'name', f.name) END) ORDER BY o.generation)
         FROM offer o JOIN login l ON l.id = o.login_id LEFT JOIN login f ON f.id = o.from_login_id WHERE o.chat_id = c.id AND o.state = 'open'), '[]') AS offers,
       coalesce((SELECT jsonb_agg(jsonb_build_object('generation', e.generation, 'loginId', e.login_id,
           'userId', e.user_id, 'name', e.name, 'kind', e.kind, 'startedAt', epoch_ms(e.started_at), 'endedAt', NULL,
           'flagMessage', e.flag_message, 'flagRaisedAt', epoch_ms(e.flag_raised_at)) ORDER BY e.generation)
         FROM engagement e WHERE e.chat_id = c.id AND e.ended_at IS NULL), '[]') AS engagements
     FROM chat c JOIN conversation v ON v.chat_id = c.id WHERE c.id = $1`,
    [id],
    'floor.loadChat',
  );
  return chat && { ...chat, conversation: null };
}

/** Locks a conversation until the commit and reads its clocks. */
export async function lockConversation(db: Queryable, chatId: number): Promise<Conversation> {
  const [conversation] = await db.query<Conversation>(
    `SELECT open, critical_wait_ms AS "criticalWaitMs", idle_warning_ms AS "idleWarningMs",
       idle_timeout_ms AS "idleTimeoutMs", asked_at AS "askedAt", critical_due_at AS "criticalDueAt", critical_since AS "criticalSince",
       idle_warning_due_at AS "idleWarningDueAt", idle_warned_at AS "idleWarnedAt", idle_due_at AS "idleDueAt",
       answered_at AS "answeredAt",
       (SELECT c.warned_at FROM visitor_contact c WHERE c.session_id = conversation.session_id) AS "visitorWarnedAt"
     FROM conversation WHERE chat_id = $1 FOR UPDATE`,
    [chatId],
    'floor.lockConversation',
  );
  if (!conversation) throw new Error(`chat ${chatId} has no conversation`);
  return conversation;
}
