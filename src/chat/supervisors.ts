/** The supervisor's calls (live-agent-chat.md §9, §10). The caller has checked that the user may supervise. */
import { ApiError } from '../errors.js';
import type { Queryable } from '../store/database.js';
import type { FloorContext } from './context.js';
import { parseNumber } from './entities.js';
import { lowerFlag } from './flags.js';
import type { SupervisorFloor } from './floor.js';
import { floorWork } from './floor-work.js';
import type { Journal } from './journal.js';
import { writeMasked } from './masking.js';
import { changeStatus, closeLogin } from './presence.js';
import { cleanText, LINE_LIMIT, limitedText } from './text.js';
import { unavailableWhenAway } from './work.js';

export function createSupervisors(
  context: FloorContext,
  journal: Journal,
  callers: { prepare(userId: string): Promise<void> },
  assertOpen: () => void,
): SupervisorFloor {
  return {
    async lowerFlag(by, { chatId, userId }) {
      assertOpen();
      await floorWork(context, async (work) => {
        const chat = await work.chat(parseNumber(chatId) ?? 0);
        const login = await work.openLoginOf(userId);
        if (!chat || !login) throw new ApiError('NOT_FOUND', `agent ${userId} is not in chat ${chatId}`);
        lowerFlag(work, chat, login, by.userId);
      });
    },

    async whisper(by, { chatId, text, clientId }) {
      assertOpen();
      await assertWhispers(context.db, parseNumber(chatId) ?? 0);
      const result = await writeMasked(context, journal, {
        chatId: parseNumber(chatId) ?? 0,
        kind: 'whisper',
        loginId: null,
        userId: by.userId,
        name: cleanText(by.name),
        text: limitedText(text, LINE_LIMIT, 'text'),
        customType: null,
        clientId: clientId === undefined ? null : `a:${by.userId}:${limitedText(clientId, 64, 'clientId')}`,
        visitorMessage: null,
      });
      if (result.outcome === 'closed') throw new ApiError('NOT_FOUND', `no running chat ${chatId}`);
      return result.line;
    },

    async setStatus(by, { userId, status }) {
      assertOpen();
      await callers.prepare(userId);
      return floorWork(context, async (work) => {
        const login = await work.openLoginOf(userId);
        if (!login) return false;
        if (status === 'Offline') await closeLogin(work, login, 'supervisor', by.userId);
        else await changeStatus(work, login, status, 'supervisor', by.userId);
        return true;
      });
    },
  };
}

/**
 * Refuses a whisper where an agent who would read it has a configuration without OptionsHasWhisperMessage. (u): whether
 * the agent's configuration decides or the supervisor's is not in the reference; as for watching (watching-reading.ts).
 */
async function assertWhispers(db: Queryable, chatId: number): Promise<void> {
  const [row] = await unavailableWhenAway(
    db.query<{ refused: boolean }>(
      `SELECT EXISTS (SELECT FROM engagement e JOIN login l ON l.id = e.login_id
         WHERE e.chat_id = $1 AND e.ended_at IS NULL
           AND NOT coalesce((l.settings->>'isWhisperedTo')::boolean, false)) AS refused`,
      [chatId],
      'floor.mayWhisper',
    ),
  );
  if (row?.refused) {
    throw new ApiError(
      'INSUFFICIENT_ACCESS',
      'the configuration of an agent in this chat does not allow whisper messages',
    );
  }
}
