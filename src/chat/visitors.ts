/** The visitor's calls (Chat REST API, live-agent-chat.md §13), without their HTTP. */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors.js';
import { id18, isId } from '../store/ids.js';
import { agentHasRoom, estimatedWaitSeconds, roomOf } from './availability.js';
import { type Button, findButton, findDeployment } from './configuration.js';
import type { FloorContext } from './context.js';
import { clearIdleWarning, warnIdle } from './conversation-clocks.js';
import { endChat } from './ending.js';
import type { VisitorFloor, VisitorPost } from './floor.js';
import { floorWork } from './floor-work.js';
import type { Journal, JournalItem } from './journal.js';
import { noteMasked, writeMasked } from './masking.js';
import { requestChat } from './requesting.js';
import { cleanText, LINE_LIMIT, limitedText } from './text.js';
import { tellPage } from './visitor-page.js';
import type { VisitorPolls } from './visitor-polls.js';
import { reconnect } from './visitor-reconnect.js';
import { createVisitorSessions, type KnownSession, noSession, sessionState } from './visitor-sessions.js';
import { unavailableWhenAway } from './work.js';

/** Longest sneak peek, in characters. */
const PEEK_LIMIT = 2_000;
/** Longest address of a page. */
const PAGE_LIMIT = 2_000;
/** Most ids one call may ask about. */
const IDS_LIMIT = 100;

export function createVisitors(
  context: FloorContext,
  journal: Journal,
  polls: VisitorPolls,
  assertOpen: () => void,
): VisitorFloor {
  const sessions = createVisitorSessions(context);

  /** The session's chat; a session that asked for none yet has nothing to say anything in. */
  async function chatting(
    key: string,
  ): Promise<{ session: KnownSession; chat: NonNullable<KnownSession['chat']> }> {
    assertOpen();
    const session = await sessions.find(key);
    context.visitorContacts.note(session.id);
    if (!session.chat) throw new ApiError('INVALID_OPERATION', 'no chat was requested in this session');
    return { session, chat: session.chat };
  }

  async function say(
    key: string,
    item: Pick<JournalItem, 'kind' | 'text' | 'customType'>,
    post: VisitorPost | undefined,
  ): Promise<void> {
    const { session, chat } = await chatting(key);
    // Its numbers may have started over on another process, and this line been written there: only the token of now says no.
    const isUnsure = post !== undefined && post.affinity !== session.affinityToken;
    const first = isUnsure ? (await sessions.refresh(key)).postEpoch : session.postEpoch;
    const write = (postEpoch: number) =>
      writeMasked(context, journal, {
        ...item,
        chatId: chat.id,
        loginId: null,
        userId: null,
        name: chat.visitorName,
        clientId: post ? `v:${postEpoch}:${post.sequence}:${post.part ?? 0}` : null,
        visitorMessage: null,
      });
    let result = await write(first);
    if (result.outcome === 'known') {
      // Said before, or its numbers started over behind our back (ReconnectSession, on any process): the row knows.
      const { postEpoch } = await sessions.refresh(key);
      if (postEpoch !== first) result = await write(postEpoch);
    }
    if (result.outcome === 'closed') throw noSession();
  }

  /** The session was changed behind the back of its poll, held or next, wherever that is. */
  function lookAgain(sessionId: string): void {
    context.waiters.forget(sessionId);
    context.wakeups.send({ visitors: [sessionId] });
  }

  async function end(
    sessionId: string,
    reason: string,
    noteOf: 'EndVisitor' | 'LeaveVisitor' = 'EndVisitor',
  ): Promise<void> {
    await floorWork(context, async (work) => {
      const session = await sessionState(work.tx, sessionId);
      if (!session) throw noSession();
      if (session.chat_id === null) return work.closeSession(sessionId);
      const chat = await work.chat(session.chat_id);
      if (!chat) throw noSession();
      if (chat.state === 'ended') {
        // Said again because the answer was lost; whoever did not end it learns that it is over.
        if (chat.endedBy === 'Visitor') return;
        throw noSession();
      }
      // A chat that was running is ended, not cancelled, also while it waits for another agent.
      const note = chat.establishedAt === null ? 'CancelVisitor' : noteOf;
      await endChat(work, chat, { by: 'Visitor', reason, note, actor: 'visitor' });
    });
  }

  return {
    async createSession() {
      assertOpen();
      return sessions.create();
    },

    async deleteSession(key) {
      const session = await sessions.find(key);
      await end(session.id, 'client', 'LeaveVisitor').catch((error) => {
        if (!(error instanceof ApiError) || error.code !== 'INVALID_SESSION_ID') throw error;
      });
      // Nobody will fetch what waits.
      await context.db.query(
        `WITH gone AS (DELETE FROM visitor_message WHERE session_id = $1)
         UPDATE visitor_session SET closing = true, batch = '[]' WHERE id = $1`,
        [session.id],
        'floor.deleteSession',
      );
      sessions.forget(key);
      lookAgain(session.id);
    },

    async requestChat(key, request) {
      assertOpen();
      const session = await sessions.find(key);
      context.visitorContacts.note(session.id);
      await requestChat(context, session.id, request);
    },

    sendMessage: async (key, text, post) =>
      say(key, { kind: 'visitor', text: limitedText(text, LINE_LIMIT, 'text'), customType: null }, post),

    sendCustomEvent: async (key, { type, data }, post) =>
      say(
        key,
        {
          kind: 'custom',
          text: limitedText(data, LINE_LIMIT, 'data'),
          customType: limitedText(type, 255, 'type'),
        },
        post,
      ),

    async typing(key, typing) {
      const { chat } = await chatting(key);
      context.typing.visitor(chat.id, { type: 'visitorTyping', typing });
    },

    async sneakPeek(key, { position, text }) {
      const { chat } = await chatting(key);
      const peek = context.safety.mask('visitor', cleanText(text.slice(0, PEEK_LIMIT))).text;
      context.typing.visitor(chat.id, { type: 'visitorTyping', typing: peek !== '' });
      context.typing.visitor(chat.id, { type: 'visitorSneakPeek', position, text: peek });
    },

    async endChat(key, reason) {
      assertOpen();
      const session = await sessions.find(key);
      await end(session.id, cleanText(reason.slice(0, 64)) || 'client');
    },

    async breadcrumb(key, location) {
      const { chat } = await chatting(key);
      await floorWork(context, (work) => tellPage(work, chat.id, cleanText(location.slice(0, PAGE_LIMIT))));
    },

    async sensitiveDataTriggered(key, rules) {
      const { chat } = await chatting(key);
      // Only what the visitor was given can have been triggered.
      const names = context.safety
        .forVisitor()
        .filter((rule) => rules.some(({ id, name }) => id === rule.id || name === rule.name))
        .map(({ name }) => name as string);
      if (names.length === 0) return;
      const at = await unavailableWhenAway(context.clock.now());
      await noteMasked(context, {
        chatId: chat.id,
        line: null,
        at,
        speaker: 'visitor',
        userId: null,
        rules: names,
      });
    },

    async idleWarning(key, event) {
      const { chat } = await chatting(key);
      await floorWork(context, async (work) => {
        const running = await work.chat(chat.id);
        if (running?.state !== 'engaged') return;
        if (event === 'triggered') await warnIdle(work, running);
        else await clearIdleWarning(work, running, work.now);
      });
    },

    async poll(key, options) {
      const session = await sessions.find(key);
      context.visitorContacts.note(session.id);
      const result = await polls.poll(session.id, {
        ...options,
        ...(session.chat ? { chatId: session.chat.id } : {}),
      });
      context.visitorContacts.note(session.id);
      return result;
    },

    async undelivered(key, sequence) {
      const session = await sessions.find(key);
      await unavailableWhenAway(
        context.db.query(
          'UPDATE visitor_session SET undelivered = true WHERE id = $1 AND sequence = $2',
          [session.id, sequence],
          'floor.undelivered',
        ),
      );
      lookAgain(session.id);
    },

    async reconnect(key) {
      assertOpen();
      const session = await sessions.find(key);
      sessions.forget(key);
      const { affinityToken } = await unavailableWhenAway(reconnect(context, session.id));
      // Whoever asked meanwhile has remembered it as it was.
      sessions.forget(key);
      lookAgain(session.id);
      return { affinityToken };
    },

    async availability(ids, { estimatedWaitTime }) {
      const results = [];
      for (const id of ids.slice(0, IDS_LIMIT)) {
        const button = await findButton(context.db, id);
        if (button) results.push({ id, ...(await buttonAvailability(context, button, estimatedWaitTime)) });
        else if (isId(id) && id.startsWith('005')) {
          results.push({ id, isAvailable: await agentHasRoom(context.db, id18(id)) });
        } else results.push({ id });
      }
      return results;
    },

    async buttonSettings(ids, { estimatedWaitTime }) {
      const results = [];
      for (const id of ids.slice(0, IDS_LIMIT)) {
        const button = await findButton(context.db, id);
        if (!button) continue;
        const { type, language, prechatUrl } = button;
        const availability = await buttonAvailability(context, button, estimatedWaitTime);
        results.push({ id, type, language, prechatUrl, ...availability });
      }
      return results;
    },

    visitorId: async () => ({ sessionId: randomUUID() }),

    knowsDeployment: async (organizationId, deploymentId) =>
      (await findDeployment(context.db, organizationId, deploymentId)) !== undefined,
  };
}

async function buttonAvailability(context: FloorContext, button: Button, withWait: boolean) {
  const room = button.routing === 'Omni' ? 'noAgent' : await roomOf(context.db, button);
  return {
    isAvailable: room === 'agent' || room === 'queue',
    ...(withWait ? { estimatedWaitTime: await estimatedWaitSeconds(context.db, button.id) } : {}),
  };
}
