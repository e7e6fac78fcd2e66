/**
 * Logins: how one begins, changes status, is lost and found again, and ends (DESIGN "What a LiveAgentSession means
 * here", DECISIONS 3). One login is one LiveAgentSession row, inserted in the transaction that ends it.
 */

import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import { findAgent } from './configuration.js';
import { latestContact } from './contacts.js';
import type { FloorContext } from './context.js';
import type { Chat, Login } from './entities.js';
import type { LoginEnd } from './floor.js';
import { engagementOf, leave } from './leaving.js';
import { apply, type MeterEvent } from './meter.js';
import { endOffer } from './offering.js';
import { requestRefused } from './refusing.js';
import { routeChat, routeStranded, serveLogin } from './routing.js';
import { floorEventRow, isRoutable, type Work } from './work.js';

export type StatusCause = 'agent' | 'supervisor' | 'autoAway';

/**
 * Opens a login, Online; who goes straight to Away passes through Online for no time (live-agent-chat.md §2).
 * The user must be active and have no open login.
 */
export async function openLogin(work: Work, userId: string, status: 'Online' | 'Away'): Promise<Login> {
  const agent = await findAgent(work.tx, userId);
  if (!agent) throw new ApiError('INVALID_OPERATION', `user ${userId} is not active`);
  const { now } = work;
  const event: MeterEvent = {
    kind: 'login',
    at: now,
    contactAt: now,
    status: 'Online',
    capacity: agent.settings.capacity,
  };
  const meter = apply(null, event);
  const [row] = await work.tx.query<{ id: number }>(
    `WITH opened AS (
       INSERT INTO login (user_id, name, started_at, status, status_since, connected, settings, capacity, seq, at, meter)
       VALUES ($1, $2, $3, 'Online', $3, true, $4, $5, 1, $3, $6) RETURNING id
     ), contact AS (INSERT INTO login_contact (login_id, contact_at) SELECT id, $3 FROM opened
     ), outbox AS (INSERT INTO agent_outbox (login_id) SELECT id FROM opened
     ), skills AS (
       INSERT INTO login_skill (skill_id, login_id, user_id, waiting_since)
       SELECT s, opened.id, $1, $3::timestamptz FROM opened, unnest($7::text[]) s
     )
     SELECT id FROM opened`,
    [
      userId,
      agent.name,
      isoOf(now),
      JSON.stringify(agent.settings),
      agent.settings.capacity,
      JSON.stringify(meter),
      agent.skillIds,
    ],
    'floor.openLogin',
  );
  const { id } = row as { id: number };
  await work.tx.query(
    `INSERT INTO floor_event (login_id, seq, at, contact_at, kind, chat_id, actor, detail)
     SELECT e.login_id, e.seq, e.at, e.contact_at, e.kind, e.chat_id, e.actor, e.detail
       FROM jsonb_populate_record(NULL::floor_event, $1) e`,
    [JSON.stringify(floorEventRow(id, 1, event, { actor: userId }))],
    'floor.firstEvent',
  );
  const login: Login = {
    id,
    userId,
    name: agent.name,
    startedAt: now,
    status: 'Online',
    statusSince: now,
    connected: true,
    settings: agent.settings,
    lastOfferAt: null,
    meter,
    contactAt: now,
    endedAt: null,
    endReason: null,
    sessionId: null,
  };
  work.adopt(login);
  work.touch({ login });
  if (status === 'Away') await changeStatus(work, login, 'Away', 'agent', userId);
  else await serveLogin(work, login);
  return login;
}

/** Online <-> Away. Away keeps its chats and its open offers, and gets no new ones. */
export async function changeStatus(
  work: Work,
  login: Login,
  status: 'Online' | 'Away',
  by: StatusCause,
  actor: string,
): Promise<void> {
  if (login.status === status) return;
  login.status = status;
  login.statusSince = work.now;
  work.record(login, { kind: 'status', status }, { actor, byAgent: by === 'agent', detail: { by } });
  work.tell(login, { type: 'statusChanged', status, by });
  await (status === 'Away' ? routeStranded(work) : serveLogin(work, login));
}

/** The last socket of the agent is gone: no offers until it is back; the clock runs against the grace. */
export function loseLogin(work: Work, login: Login): void {
  login.connected = false;
  work.record(login, { kind: 'lost' }, { actor: 'system' });
  // The event carries the last contact; flushed later, it would look younger than it is after a leap of the clock.
  work.afterCommit(() => work.context.contacts.settled(login.id));
}

/** The agent is back in time. What was offered meanwhile waited; what waits may come now. */
export async function resumeLogin(work: Work, login: Login): Promise<void> {
  login.connected = true;
  if (login.meter.lost) work.record(login, { kind: 'resume' }, { actor: login.userId, byAgent: true });
  work.touch({ login });
  if (isRoutable(login)) await serveLogin(work, login);
}

/** Chats of a login that are open for it: offered to it, or with it in them; ascending. */
async function chatsOf(work: Work, login: Login): Promise<Chat[]> {
  await work.save();
  const rows = await work.tx.query<{ chat_id: number }>(
    `SELECT chat_id FROM offer WHERE login_id = $1 AND state = 'open'
     UNION SELECT chat_id FROM engagement WHERE login_id = $1 AND ended_at IS NULL ORDER BY chat_id`,
    [login.id],
    'floor.chatsOf',
  );
  const chats: Chat[] = [];
  for (const { chat_id } of rows) {
    const chat = await work.chat(chat_id);
    if (chat) chats.push(chat);
  }
  return chats;
}

/**
 * Ends a login: its offers are withdrawn and its chats given back to routing (their visitors see AgentDisconnect), its
 * row is inserted with LogoutTime = last contact. Only `logout` is the agent's own doing, hence a contact.
 */
export async function closeLogin(work: Work, login: Login, reason: LoginEnd, actor: string): Promise<void> {
  const byAgent = reason === 'logout';
  const givenBack: Chat[] = [];
  for (const chat of await chatsOf(work, login)) {
    for (const offer of chat.offers.filter((one) => one.loginId === login.id && one.state === 'open')) {
      endOffer(work, chat, login, offer, 'withdrawn', 'agentGone', { actor, byAgent, note: 'Unassigned' });
      await requestRefused(work, chat, offer, 'gone');
    }
    const engagement = engagementOf(chat, login);
    if (engagement) {
      await leave(work, chat, login, engagement, { by: 'System', reason, actor, byAgent });
    }
    if (chat.state === 'waiting') givenBack.push(chat);
  }
  work.record(login, { kind: 'logout' }, { actor, byAgent, detail: { reason } });
  login.endedAt = login.meter.at;
  login.endReason = reason;
  login.connected = false;
  login.sessionId = await work.context.saveSession(work.tx, login);
  work.tell(login, { type: 'loggedOut', reason });
  for (const chat of givenBack) await routeChat(work, chat);
  await routeStranded(work);
}

/**
 * Whether a login may be given up for lost: silent for longer than the grace, on a process that has been writing
 * contacts without a gap for as long, so that the silence is the agent's and not ours (DECISIONS 3).
 */
export function isPastGrace(context: FloorContext, login: Login, now: number): boolean {
  const { goodSince } = context.contacts;
  const { graceMs } = context.settings;
  const heard = latestContact(context.contacts, login, now);
  return goodSince !== undefined && now - goodSince > graceMs && now - heard > graceMs;
}
