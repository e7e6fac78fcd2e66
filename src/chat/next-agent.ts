/** Which agent of a set of skills is asked next, and when everybody has been asked (live-agent-chat.md §8). */
import type { Button } from './configuration.js';
import type { Chat, Login } from './entities.js';
import { isAtButton } from './transfer-state.js';
import type { Work } from './work.js';

/** Who was asked already. Who refused is not asked again by another target either: it is the chat that they refused. */
export type Asked = Pick<Chat, 'declinedBy' | 'timedOutBy' | 'attempts' | 'establishedAt' | 'transfer'>;

/** Users who are not asked in this round; at a button it was transferred to, a chat does not go back to who sent it. */
export function notAsked({ declinedBy, timedOutBy, transfer }: Asked): string[] {
  return [...declinedBy, ...timedOutBy, ...senderOf({ transfer })];
}

const senderOf = ({ transfer }: Pick<Chat, 'transfer'>) =>
  transfer && isAtButton({ transfer }) ? [transfer.fromUserId] : [];

/**
 * The agent to put the chat before, from among those with room. When everybody has been asked a new round begins: for all
 * of them where the button reroutes what was declined and has attempts left, else for those who let it time out, without
 * limit (the reference knows a thousand time-outs of one agent). A round that waits for nobody has everyone asked who has
 * room; one that can wait, also those Online who are full.
 */
export async function nextAgent(
  work: Work,
  chat: Asked,
  button: Button | undefined,
  skillIds: readonly string[],
): Promise<Login | undefined> {
  const order = button?.routing === 'MostAvailable' ? 'free' : 'active';
  const fresh = await pick(work, skillIds, notAsked(chat), order);
  if (fresh) return fresh;
  const canWait = button?.hasQueue || chat.establishedAt !== null;
  const reroutes =
    chat.declinedBy.length > 0 &&
    button?.reroutesDeclined &&
    (button.reroutingAttempts === null || chat.attempts < button.reroutingAttempts);
  if (reroutes && !(canWait && (await isAnyoneThere(work, skillIds, notAsked(chat))))) {
    chat.attempts += 1;
    chat.declinedBy = [];
  } else if (chat.timedOutBy.length === 0) return undefined;
  chat.timedOutBy = [];
  return pick(work, skillIds, notAsked(chat), order);
}

/** Whether anybody of these skills is Online who takes chats at all, though full perhaps: who sees a listed request. */
export async function isAnyoneThere(
  work: Work,
  skillIds: readonly string[],
  except: readonly string[],
): Promise<boolean> {
  await work.saveLogins();
  const [row] = await work.tx.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM login_skill s WHERE s.skill_id = ANY ($1) AND s.online AND s.free + s.active > 0
       AND NOT s.user_id = ANY ($2)) AS there`,
    [skillIds, except],
    'floor.isAnyoneThere',
  );
  return row?.there ?? false;
}

const PICK = {
  active: pickStatement('active'),
  free: pickStatement('free DESC'),
};

/** The best of each skill's best, straight from the index of those with room; ties go to who waits longest. */
function pickStatement(order: 'active' | 'free DESC'): string {
  return `SELECT best.login_id FROM unnest($1::text[]) AS wanted (skill_id)
    CROSS JOIN LATERAL (
      SELECT s.login_id, s.active, s.free, s.waiting_since FROM login_skill s
       WHERE s.skill_id = wanted.skill_id AND s.routable AND NOT s.user_id = ANY ($2)
       ORDER BY s.${order}, s.waiting_since, s.login_id LIMIT 1
    ) best
    ORDER BY best.${order}, best.waiting_since, best.login_id LIMIT 1`;
}

/** The agent of these skills with the least to do, or the most room; undefined: nobody has room. */
export async function pick(
  work: Work,
  skillIds: readonly string[],
  except: readonly string[],
  order: keyof typeof PICK,
): Promise<Login | undefined> {
  await work.saveLogins();
  const [row] = await work.tx.query<{ login_id: number }>(
    PICK[order],
    [skillIds, except],
    `floor.pick.${order}`,
  );
  return row && work.login(row.login_id);
}
