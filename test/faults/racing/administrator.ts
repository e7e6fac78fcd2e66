/** The administrator, who changes capacities, skills and buttons while everybody is at work. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../../simulate/random.js';
import type { Database } from '../../../src/store/database.js';
import type { Organization } from './organization.js';

/** Room for everything there is. */
const AMPLE = 50;

/** Works until told that it is over. */
export async function administrate(
  db: Database,
  { agents, buttons, skills, create, update, remove }: Organization,
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await wait(random.whole(60, 250));
    // the first agent keeps every skill, so that nothing is without anybody who could take it
    const agent = random.pick(agents.slice(1));
    switch (random.weighted({ capacity: 6, learns: 3, forgets: 3, routing: 2, queue: 2 })) {
      case 'capacity':
        await update('LiveChatUserConfig', { Id: agent.configurationId, Capacity: random.whole(0, 5) });
        break;
      case 'learns': {
        const SkillId = random.pick(skills);
        const [has] = await skillUsers(db, agent.userId, SkillId);
        if (!has) await create('SkillUser', { UserId: agent.userId, SkillId });
        break;
      }
      case 'forgets': {
        const [has] = await skillUsers(db, agent.userId, random.pick(skills));
        if (has) await remove(has.id);
        break;
      }
      case 'routing':
        await update('LiveChatButton', {
          Id: random.pick(buttons),
          RoutingType: random.pick(['Choice', 'LeastActive', 'MostAvailable']),
        });
        break;
      case 'queue':
        await update('LiveChatButton', { Id: random.pick(buttons), HasQueue: random.chance(0.7) });
        break;
    }
  }
}

/** Room for everybody. No button is touched: that would have everything that waits looked at again. */
export async function relax({ agents, update }: Organization): Promise<void> {
  for (const { configurationId } of agents)
    await update('LiveChatUserConfig', { Id: configurationId, Capacity: AMPLE });
}

const skillUsers = (db: Database, userId: string, skillId: string) =>
  db.query<{ id: string }>(
    'SELECT id FROM so_skill_user WHERE user_id = $1 AND skill_id = $2 AND NOT is_deleted',
    [userId, skillId],
  );
