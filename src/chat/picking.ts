/**
 * Choice routing (live-agent-chat.md §8.1): a request is listed to every qualified agent who is Online, and whoever picks
 * it first has it. Being listed uses no capacity and counts nowhere; the pick is an offer accepted as it is made.
 * The lists themselves are kept by floor_write (migration 021).
 */
import { ApiError } from '../errors.js';
import type { Queryable } from '../store/database.js';
import { engage, engagedAgain } from './engaging.js';
import { type Chat, type Login, parseNumber } from './entities.js';
import type { EngagedChat } from './floor.js';
import { engagementOf } from './leaving.js';
import { makeOffer } from './offering.js';
import { isRoutable, type Work } from './work.js';

/**
 * Tells those who come too late, and nobody else, without the floor lock: of a hundred who see a request one gets it.
 * Who was told of a request stands in its list until it is gone, so nobody is refused too early.
 */
export async function assertPickable(db: Queryable, loginId: number, chatId: string): Promise<void> {
  const [chat] = await db.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT FROM listed_request r WHERE r.chat_id = c.id AND r.login_id = $2)
         OR EXISTS (SELECT FROM engagement e WHERE e.chat_id = c.id AND e.login_id = $2 AND e.ended_at IS NULL) AS open
       FROM chat c WHERE c.id = $1`,
    [parseNumber(chatId) ?? 0, loginId],
    'floor.isPickable',
  );
  if (!chat) throw new ApiError('NOT_FOUND', `no chat ${chatId}`);
  if (!chat.open) throw notListed(chatId);
}

const notListed = (chatId: number | string) =>
  new ApiError('INVALID_OPERATION', `chat ${chatId} does not wait to be picked`);

/** The agent takes a listed request. */
export async function pickChat(work: Work, chat: Chat, login: Login): Promise<EngagedChat> {
  const engagement = engagementOf(chat, login);
  if (engagement) return engagedAgain(work, chat, login, engagement);
  const [listed] = await work.tx.query<{ chat_id: number }>(
    'SELECT chat_id FROM listed_request WHERE login_id = $1 AND chat_id = $2',
    [login.id, chat.id],
    'floor.isListed',
  );
  if (!listed) throw notListed(chat.id);
  if (!isRoutable(login)) throw new ApiError('INVALID_OPERATION', 'the agent has no room');
  const button = await work.button(chat.buttonId);
  return engage(work, chat, login, makeOffer(work, chat, login, 'choice', button), true);
}
