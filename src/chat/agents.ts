/**
 * The agent's calls. Each checks who is asking and what may be asked, and does it in one unit of work (or, for lines,
 * through the journal). A connection is this process's; the login it belongs to is everybody's.
 */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors.js';
import { eventsAfter } from './agent-feeds.js';
import { createHandover } from './agent-handover.js';
import { agentSnapshot } from './agent-snapshot.js';
import type { FloorContext } from './context.js';
import { endChat } from './ending.js';
import { engage, engagedAgain } from './engaging.js';
import { type Login, parseNumber, parseOfferId } from './entities.js';
import { lowerFlag, raiseFlag } from './flags.js';
import type { AgentConnected, AgentFloor, AgentListener, AgentState, ChatLine } from './floor.js';
import { floorWork } from './floor-work.js';
import { agentMessage } from './greeting.js';
import type { Journal, JournalItem } from './journal.js';
import { isStillIn } from './leaving.js';
import { findLogin } from './load.js';
import { writeMasked } from './masking.js';
import { endOffer, isInvitation, openOffer } from './offering.js';
import { changeStatus, closeLogin, isPastGrace, loseLogin, openLogin, resumeLogin } from './presence.js';
import { refusalNote, requestRefused } from './refusing.js';
import { routeChat } from './routing.js';
import { cleanText, LINE_LIMIT, limitedText } from './text.js';
import { chatNamed, openLoginNamed, unavailableWhenAway, type Work } from './work.js';

interface Connection {
  readonly id: string;
  readonly userId: string;
  readonly listener: AgentListener;
  loginId: number | undefined;
  /** Its snapshot has been read: it may be told of things. */
  settled: boolean;
}

/** Longest `clientId` a client may give a line. */
const CLIENT_ID_LIMIT = 64;

export interface Agents {
  readonly calls: AgentFloor;
  /** A user opened a login on another process: connections here join it. */
  joinLogin(userId: string): Promise<void>;
  /** The open login of a connection, whose client did something: a contact. INVALID_OPERATION without one. */
  loggedIn(connectionId: string): { readonly userId: string; readonly loginId: number };
  /** Writes down the ends of connections for which the database was not there when they ended. */
  writeEnds(): Promise<void>;
}

export function createAgents(context: FloorContext, journal: Journal, assertOpen: () => void): Agents {
  const connections = new Map<string, Connection>();
  /** Connections that have ended, by their ids, and the logins they were in, until that is written down. */
  const ended = new Map<string, number>();

  function connection(id: string): Connection {
    const found = connections.get(id);
    if (!found) throw new ApiError('INVALID_OPERATION', 'this connection is closed');
    return found;
  }

  /** The agent's client did something: contact. Calls without a login are refused. */
  function loggedIn(id: string): { connection: Connection; loginId: number } {
    assertOpen();
    const found = connection(id);
    if (found.loginId === undefined) throw new ApiError('INVALID_OPERATION', 'the agent is Offline');
    context.contacts.note(found.loginId);
    return { connection: found, loginId: found.loginId };
  }

  /** Ties a connection to an open login: its row in the database, and from the commit on its events. */
  async function join(work: Work, one: Connection, login: Login): Promise<void> {
    await work.tx.query(
      'INSERT INTO login_connection (id, login_id, node_id) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
      [one.id, login.id, context.nodeId],
      'floor.joinLogin',
    );
  }

  /** Unties a connection that has ended; a login that has no other is lost from now on. */
  async function part(connectionId: string, loginId: number): Promise<void> {
    ended.set(connectionId, loginId);
    await floorWork(context, async (work) => {
      const [left] = await work.tx.query<{ others: boolean }>(
        `WITH gone AS (DELETE FROM login_connection WHERE id = $1)
         SELECT EXISTS (SELECT FROM login_connection WHERE login_id = $2 AND id <> $1) AS others`,
        [connectionId, loginId],
        'floor.leaveLogin',
      );
      const login = await work.login(loginId);
      if (login?.endedAt === null && login.connected && !left?.others) loseLogin(work, login);
    });
    ended.delete(connectionId);
  }

  /** Settled connections of the user here that are not in this login. */
  const outside = (userId: string, loginId: number) =>
    [...connections.values()].filter(
      (one) => one.userId === userId && one.settled && one.loginId !== loginId,
    );

  /** After a login ended, its connections stay open, Offline. */
  function leave(loginId: number): void {
    for (const one of connections.values()) {
      if (one.loginId !== loginId) continue;
      one.loginId = undefined;
      // The feed stays until the last event, `loggedOut`, has passed: see `watch`.
    }
  }

  /** The connection's own listener, seen from the feed: `loggedOut` ends the tie. */
  function watch(one: Connection, loginId: number): AgentListener {
    return {
      event(event) {
        one.listener.event(event);
        if (event.type === 'loggedOut') {
          context.feeds.detach(loginId, one.id);
          leave(loginId);
        }
      },
      transient: (transient) => one.listener.transient(transient),
    };
  }

  async function attach(one: Connection, loginId: number, lastEventId: number): Promise<void> {
    if (one.loginId !== undefined && one.loginId !== loginId) context.feeds.detach(one.loginId, one.id);
    one.loginId = loginId;
    context.feeds.attach(loginId, one.id, watch(one, loginId), lastEventId);
    // What was committed between the snapshot and this moment found no feed to go to.
    const [outbox] = await context.db.query<{ last_id: number }>(
      'SELECT last_id FROM agent_outbox WHERE login_id = $1',
      [loginId],
      'floor.outbox',
    );
    if (outbox) context.feeds.hint(loginId, outbox.last_id);
  }

  /** Connections here join the user's open login, should there be one they are not in. */
  async function joinLogin(userId: string): Promise<void> {
    const [open] = await context.db.query<{ id: number }>(
      'SELECT id FROM login WHERE user_id = $1 AND ended_at IS NULL',
      [userId],
      'floor.openLoginId',
    );
    if (!open || outside(userId, open.id).length === 0) return;
    const joining = outside(userId, open.id);
    await floorWork(context, async (work) => {
      const login = await work.login(open.id);
      if (login?.endedAt === null) for (const one of joining) await join(work, one, login);
    });
    await attachAll(joining, open.id, await agentSnapshot(context.db, userId), undefined);
  }

  async function attachAll(
    joining: readonly Connection[],
    loginId: number,
    state: AgentState,
    except: Connection | undefined,
  ): Promise<void> {
    if (state.loginId !== String(loginId)) return;
    for (const one of joining) {
      if (!connections.has(one.id) || one.loginId === loginId) continue;
      await attach(one, loginId, state.lastEventId);
      if (one !== except) one.listener.transient({ type: 'loginOpened', loginId: state.loginId });
    }
  }

  async function say(
    id: string,
    item: { chatId: string; clientId?: string } & Pick<JournalItem, 'kind' | 'text' | 'customType'>,
  ): Promise<ChatLine> {
    const { connection: one, loginId } = loggedIn(id);
    const chatId = parseNumber(item.chatId);
    if (chatId === undefined) throw new ApiError('NOT_FOUND', `no chat ${item.chatId}`);
    if (
      item.clientId !== undefined &&
      (item.clientId.length === 0 || item.clientId.length > CLIENT_ID_LIMIT)
    ) {
      throw new ApiError('INVALID_INPUT', `clientId must have 1 to ${CLIENT_ID_LIMIT} characters`);
    }
    const result = await writeMasked(context, journal, {
      chatId,
      loginId,
      userId: one.userId,
      name: '', // the engagement's
      kind: item.kind,
      text: item.text,
      customType: item.customType,
      clientId: item.clientId === undefined ? null : `a:${one.userId}:${cleanText(item.clientId)}`,
      visitorMessage:
        item.kind === 'custom'
          ? { type: 'CustomEvent', message: { type: item.customType, data: item.text } }
          : agentMessage('', one.userId, item.text),
    });
    if (result.outcome === 'closed')
      throw new ApiError('INVALID_OPERATION', `the agent is not in chat ${item.chatId}`);
    return result.line;
  }

  const calls: AgentFloor = {
    ...createHandover(context, (connectionId) => loggedIn(connectionId).loginId),

    async connectAgent({ userId, resume }, listener): Promise<AgentConnected> {
      assertOpen();
      const one: Connection = { id: randomUUID(), userId, listener, loginId: undefined, settled: false };
      // Heard now: on a busy floor the unit of work may come after the grace.
      const [left, now] = await unavailableWhenAway(
        Promise.all([findLogin(context.db, userId), context.clock.now()]),
      );
      if (left && !isPastGrace(context, left, now)) context.contacts.note(left.id);
      const resumed = await floorWork(context, async (work) => {
        const open = await work.openLoginOf(userId);
        if (!open) return undefined;
        if (isPastGrace(context, open, work.now)) {
          await closeLogin(work, open, 'lost', 'system');
          return undefined;
        }
        await join(work, one, open);
        await resumeLogin(work, open);
        return open;
      });
      // From here on the agent is here, even while the snapshot is being read.
      if (resumed) context.contacts.note(resumed.id);
      connections.set(one.id, one);
      try {
        const state = await agentSnapshot(context.db, userId);
        if (state.loginId !== null && Number(state.loginId) === resumed?.id) {
          await attach(one, resumed.id, state.lastEventId);
        }
        one.settled = true;
        // Another tab may have opened a login since.
        if (one.loginId === undefined) await joinLogin(userId);
        const missed =
          resume && resume.loginId === state.loginId
            ? (await eventsAfter(context.db, Number(resume.loginId), resume.lastEventId)).filter(
                ({ id }) => id <= state.lastEventId,
              )
            : [];
        return {
          connectionId: one.id,
          state,
          resumed: resumed !== undefined,
          missed,
          heartbeatMs: context.settings.heartbeatMs,
          graceMs: context.settings.graceMs,
        };
      } catch (error) {
        // Nobody learns its id, so nobody could end it.
        one.loginId ??= resumed?.id;
        calls.disconnectAgent(one.id).catch(() => undefined);
        throw error;
      }
    },

    async disconnectAgent(connectionId) {
      const one = connections.get(connectionId);
      if (!one) return;
      connections.delete(connectionId);
      const { loginId } = one;
      if (loginId === undefined) return;
      context.feeds.detach(loginId, connectionId);
      await part(connectionId, loginId);
    },

    contact(connectionId) {
      const one = connections.get(connectionId);
      if (one?.loginId !== undefined) context.contacts.note(one.loginId);
    },

    async agentState(connectionId) {
      return agentSnapshot(context.db, connection(connectionId).userId);
    },

    async eventsSince(connectionId, lastEventId) {
      const { loginId } = connection(connectionId);
      return loginId === undefined ? [] : eventsAfter(context.db, loginId, lastEventId);
    },

    async setStatus(connectionId, status) {
      assertOpen();
      const one = connection(connectionId);
      const { userId } = one;
      const opened = await floorWork(context, async (work) => {
        const login = await work.openLoginOf(userId);
        if (status === 'Offline') {
          if (login) await closeLogin(work, login, 'logout', userId);
          return undefined;
        }
        if (login) {
          await changeStatus(work, login, status, 'agent', userId);
          return undefined;
        }
        const begun = await openLogin(work, userId, status);
        for (const other of outside(userId, begun.id)) await join(work, other, begun);
        return begun;
      });
      const state = await agentSnapshot(context.db, userId);
      if (opened) {
        context.contacts.note(opened.id);
        await attachAll(outside(userId, opened.id), opened.id, state, one);
        context.wakeups.send({ users: [userId] });
      } else if (one.loginId !== undefined) context.contacts.note(one.loginId);
      return state;
    },

    async logout(connectionId) {
      assertOpen();
      const { userId } = connection(connectionId);
      const sessionId = await floorWork(context, async (work) => {
        const login = await work.openLoginOf(userId);
        if (!login) return null;
        await closeLogin(work, login, 'logout', userId);
        return login.sessionId;
      });
      return { sessionId };
    },

    async accept(connectionId, offerId) {
      const { loginId } = loggedIn(connectionId);
      const named = parseOfferId(offerId);
      if (!named) throw new ApiError('NOT_FOUND', `no offer ${offerId}`);
      return floorWork(context, async (work) => {
        const login = await openLoginNamed(work, loginId);
        const chat = await work.chat(named.chatId);
        const offer = chat && openOffer(chat, named.generation);
        if (chat && offer && offer.loginId === loginId) return engage(work, chat, login, offer, true);
        const engagement = chat?.engagements.find(
          (known) => known.generation === named.generation && known.loginId === loginId,
        );
        if (chat && engagement) return engagedAgain(work, chat, login, engagement);
        throw offerOver(offerId, await pastOffer(work, named, loginId, offerId));
      });
    },

    async decline(connectionId, offerId, reason) {
      const { loginId } = loggedIn(connectionId);
      const named = parseOfferId(offerId);
      if (!named) throw new ApiError('NOT_FOUND', `no offer ${offerId}`);
      const said = reason === undefined ? undefined : limitedText(reason, 255, 'reason');
      const detail = said && context.safety.mask('agent', said).text;
      await floorWork(context, async (work) => {
        const login = await openLoginNamed(work, loginId);
        const chat = await work.chat(named.chatId);
        const offer = chat && openOffer(chat, named.generation);
        if (!chat || !offer || offer.loginId !== loginId) {
          const state = await pastOffer(work, named, loginId, offerId);
          if (state === 'declined') return;
          throw offerOver(offerId, state);
        }
        endOffer(work, chat, login, offer, 'declined', 'declined', {
          actor: login.userId,
          byAgent: true,
          note: refusalNote(offer, 'declined'),
          ...(detail ? { noted: detail } : {}),
        });
        if (!isInvitation(offer.kind) && login.settings.isAutoAwayOnDecline) {
          await changeStatus(work, login, 'Away', 'autoAway', login.userId);
        }
        await requestRefused(work, chat, offer, 'declined');
        if (chat.state === 'waiting') await routeChat(work, chat);
      });
    },

    sendLine: async (connectionId, { chatId, text, clientId }) =>
      say(connectionId, {
        chatId,
        kind: 'agent',
        text: limitedText(text, LINE_LIMIT, 'text'),
        customType: null,
        ...(clientId === undefined ? {} : { clientId }),
      }),

    sendCustomEvent: async (connectionId, { chatId, type, data, clientId }) =>
      say(connectionId, {
        chatId,
        kind: 'custom',
        text: limitedText(data, LINE_LIMIT, 'data'),
        customType: limitedText(type, 255, 'type'),
        ...(clientId === undefined ? {} : { clientId }),
      }),

    typing(connectionId, chatId, typing) {
      const one = connections.get(connectionId);
      const number = parseNumber(chatId);
      if (!one || one.loginId === undefined || number === undefined) return;
      context.contacts.note(one.loginId);
      context.typing.agent(number, one.loginId, one.userId, typing);
    },

    async endChat(connectionId, chatId) {
      const { loginId } = loggedIn(connectionId);
      await floorWork(context, async (work) => {
        const login = await openLoginNamed(work, loginId);
        const chat = await chatNamed(work, chatId);
        if (!(await isStillIn(work, chat, login))) return;
        await endChat(work, chat, {
          by: 'Agent',
          reason: 'agent',
          note: 'EndAgent',
          actor: login.userId,
          login,
        });
      });
    },

    async raiseFlag(connectionId, chatId, message) {
      const { loginId } = loggedIn(connectionId);
      await floorWork(context, async (work) => {
        raiseFlag(work, await chatNamed(work, chatId), await openLoginNamed(work, loginId), message);
      });
    },

    async lowerFlag(connectionId, chatId) {
      const { loginId } = loggedIn(connectionId);
      await floorWork(context, async (work) => {
        lowerFlag(work, await chatNamed(work, chatId), await openLoginNamed(work, loginId));
      });
    },
  };

  return {
    calls,
    joinLogin,
    loggedIn(id) {
      const { connection: one, loginId } = loggedIn(id);
      return { userId: one.userId, loginId };
    },
    async writeEnds() {
      for (const [connectionId, loginId] of [...ended]) await part(connectionId, loginId);
    },
  };
}

/** What became of an offer of this login; NOT_FOUND if it was never its own. */
async function pastOffer(
  work: Work,
  named: { chatId: number; generation: number },
  loginId: number,
  offerId: string,
): Promise<string> {
  const [offer] = await work.tx.query<{ state: string; login_id: number }>(
    'SELECT state, login_id FROM offer WHERE chat_id = $1 AND generation = $2',
    [named.chatId, named.generation],
    'floor.pastOffer',
  );
  if (!offer || offer.login_id !== loginId) throw new ApiError('NOT_FOUND', `no offer ${offerId}`);
  return offer.state;
}

const offerOver = (offerId: string, state: string) =>
  new ApiError('INVALID_OPERATION', `offer ${offerId} is over (${state})`);
