/**
 * Choice routing (live-agent-chat.md §8.1): a request is listed to every qualified agent who is Online, and whoever picks
 * it first has it. Being listed uses no capacity and counts nowhere; the pick is an offer accepted as it is made.
 * The lists themselves are kept by floor_write (migration 021).
 */
import { ApiError } from '../errors.js';
import { engage, engagedAgain } from './engaging.js';
import type { Chat, Login } from './entities.js';
import type { EngagedChat } from './floor.js';
import { engagementOf } from './leaving.js';
import { makeOffer } from './offering.js';
import { isRoutable, type Work } from './work.js';

/** The agent takes a listed request. */
export async function pickChat(work: Work, chat: Chat, login: Login): Promise<EngagedChat> {
  const engagement = engagementOf(chat, login);
  if (engagement) return engagedAgain(work, chat, login, engagement);
  const [listed] = await work.tx.query<{ chat_id: number }>(
    'SELECT chat_id FROM listed_request WHERE login_id = $1 AND chat_id = $2',
    [login.id, chat.id],
    'floor.isListed',
  );
  if (!listed) throw new ApiError('INVALID_OPERATION', `chat ${chat.id} does not wait to be picked`);
  if (!isRoutable(login)) throw new ApiError('INVALID_OPERATION', 'the agent has no room');
  const button = await work.button(chat.buttonId);
  return engage(work, chat, login, makeOffer(work, chat, login, 'choice', button), true);
}
