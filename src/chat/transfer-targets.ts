/** Where an agent may transfer a chat to: what the configuration allows, and who is there now (live-agent-chat.md §6). */
import type { Queryable } from '../store/database.js';
import { roomOf } from './availability.js';
import { CONFIGURATION_OF, findButton } from './configuration.js';
import type { Chat, Login } from './entities.js';
import type { TransferTargets } from './floor.js';

const AGENTS_LIMIT = 1_000;
const TARGETS_LIMIT = 200;

/** The skills and buttons a user's configuration lists (UserConfigTransferSkill, UserConfigTransferButton). */
const LISTED = `SELECT 'skill' AS kind, k.id, k.master_label AS label FROM so_user_config_transfer_skill t
    JOIN so_skill k ON k.id = t.skill_id AND NOT k.is_deleted
   WHERE NOT t.is_deleted AND t.live_chat_user_config_id = (${CONFIGURATION_OF})
  UNION ALL
  SELECT 'button', b.id, b.master_label FROM so_user_config_transfer_button t
    JOIN so_live_chat_button b ON b.id = t.live_chat_button_id AND NOT b.is_deleted
   WHERE NOT t.is_deleted AND t.live_chat_user_config_id = (${CONFIGURATION_OF})`;

/** Whether the user's configuration lists this skill or button. */
export async function transferableTo(
  db: Queryable,
  userId: string,
  kind: 'skill' | 'button',
  id: string,
): Promise<boolean> {
  const [found] = await db.query<{ id: string }>(
    `SELECT l.id FROM so_user u CROSS JOIN LATERAL (${LISTED}) l WHERE u.id = $1 AND l.kind = $2 AND l.id = $3 LIMIT 1`,
    [userId, kind, id],
    'floor.transferableTo',
  );
  return found !== undefined;
}

/** What the agent may choose from for this chat. */
export async function transferTargets(db: Queryable, chat: Chat, login: Login): Promise<TransferTargets> {
  const { settings } = login;
  const { mayTransferToAgent, mayConference } = settings;
  const here = [...chat.engagements, ...chat.offers].map(({ userId }) => userId);
  const agents =
    mayTransferToAgent || mayConference
      ? await db.query<{ userId: string; name: string }>(
          `SELECT user_id AS "userId", name FROM login
            WHERE ended_at IS NULL AND routable AND NOT user_id = ANY ($1) ORDER BY name, user_id LIMIT ${AGENTS_LIMIT}`,
          [here],
          'floor.agentsToAsk',
        )
      : [];
  const listed = await db.query<{ kind: 'skill' | 'button'; id: string; label: string }>(
    `SELECT l.kind, l.id, l.label FROM so_user u CROSS JOIN LATERAL (${LISTED}) l
      WHERE u.id = $1 ORDER BY l.label, l.id LIMIT ${TARGETS_LIMIT}`,
    [login.userId],
    'floor.transferLists',
  );
  const skills: { id: string; label: string; available: boolean }[] = [];
  const buttons: { id: string; label: string; available: boolean }[] = [];
  for (const { kind, id, label } of listed) {
    if (kind === 'skill' && settings.mayTransferToSkill) {
      skills.push({ id, label, available: await skillHasRoom(db, id, here) });
    }
    const button = kind === 'button' && settings.mayTransferToButton ? await findButton(db, id) : undefined;
    if (button && button.routing !== 'Omni') {
      const room = await roomOf(db, button, [login.userId]);
      buttons.push({ id, label, available: room === 'agent' || room === 'queue' });
    }
  }
  return { agents, skills, buttons, mayTransferToAgent, mayConference };
}

async function skillHasRoom(db: Queryable, skillId: string, except: readonly string[]): Promise<boolean> {
  const [row] = await db.query<{ room: boolean }>(
    `SELECT EXISTS (SELECT FROM login_skill s
       WHERE s.skill_id = $1 AND s.routable AND NOT s.user_id = ANY ($2)) AS room`,
    [skillId, except],
    'floor.skillHasRoom',
  );
  return row?.room ?? false;
}
