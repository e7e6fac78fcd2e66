/**
 * What administrators change takes effect within a second, as an event of the login (issue of the floor; DECISIONS 7):
 * this follows the outbox of records and brings open logins and waiting chats up to date. Every process follows; the
 * first one to lock the floor makes the change, the others find nothing left to do.
 */
import { type ChangePosition, changesAfter, currentPosition } from '../store/changes.js';
import { type AgentConfiguration, findAgent } from './configuration.js';
import type { FloorContext } from './context.js';
import type { Login } from './entities.js';
import { floorWork } from './floor-work.js';
import { openLogins } from './load.js';
import { current } from './meter.js';
import { closeLogin } from './presence.js';
import { prepareTarget, routeChat, serveLogin } from './routing.js';
import type { Work } from './work.js';

export interface ConfigurationChanges {
  /** Reads what was changed since the last call and applies it. The first call looks at everything. */
  follow(): Promise<void>;
}

/** Objects a login depends on besides its own User row. */
const AGENT_OBJECTS = [
  'LiveChatUserConfig',
  'LiveChatUserConfigUser',
  'LiveChatUserConfigProfile',
  'SkillUser',
  'SkillProfile',
];
const BUTTON_OBJECTS = ['LiveChatButton', 'LiveChatButtonSkill'];
const FOLLOWED = ['User', ...AGENT_OBJECTS, ...BUTTON_OBJECTS];
const LOGINS_LIMIT = 10_000;

export function createConfigurationChanges(
  context: FloorContext,
  callers: { prepare(userId: string): Promise<void> },
): ConfigurationChanges {
  let position: ChangePosition | undefined;

  async function refreshAgents(concerns: (login: Login) => boolean): Promise<void> {
    for (const login of (await openLogins(context.db, LOGINS_LIMIT)).filter(concerns)) {
      const agent = await findAgent(context.db, login.userId);
      if (agent && isUpToDate(login, agent, await skillsOf(context.db, login.id))) continue;
      await callers.prepare(login.userId);
      await floorWork(context, async (work) => {
        const locked = await work.login(login.id);
        if (locked?.endedAt === null) await refreshLogin(work, locked);
      });
    }
  }

  return {
    async follow() {
      if (position === undefined) {
        const begin = await currentPosition(context.db);
        await refreshAgents(() => true);
        await refreshWaiting(context);
        position = begin;
        return;
      }
      const { changes, next } = await changesAfter(context.db, position, FOLLOWED);
      const users = new Set(
        changes.filter(({ object }) => object === 'User').map(({ recordId }) => recordId),
      );
      const everybody = changes.some(({ object }) => AGENT_OBJECTS.includes(object));
      if (everybody || users.size > 0) await refreshAgents(({ userId }) => everybody || users.has(userId));
      if (changes.some(({ object }) => BUTTON_OBJECTS.includes(object))) await refreshWaiting(context);
      position = next;
    },
  };
}

/** Applies an agent's configuration as it is now; a user who is no longer active is logged out. */
async function refreshLogin(work: Work, login: Login): Promise<void> {
  const agent = await findAgent(work.tx, login.userId);
  if (!agent) {
    await closeLogin(work, login, 'deactivated', 'system');
    return;
  }
  if (isUpToDate(login, agent, await skillsOf(work.tx, login.id))) return;
  if (agent.settings.capacity !== current(login.meter).capacity) {
    work.record(login, { kind: 'capacity', capacity: agent.settings.capacity }, { actor: 'system' });
  }
  if (JSON.stringify(sorted(agent.settings)) !== JSON.stringify(sorted(login.settings))) {
    login.settings = agent.settings;
    work.tell(login, { type: 'settingsChanged', settings: agent.settings });
  }
  await work.tx.query(
    `WITH gone AS (DELETE FROM login_skill WHERE login_id = $1 AND NOT skill_id = ANY ($3))
     INSERT INTO login_skill (skill_id, login_id, user_id, waiting_since)
     SELECT s, l.id, $2, coalesce(l.last_offer_at, l.started_at) FROM login l, unnest($3::text[]) s WHERE l.id = $1
     ON CONFLICT (skill_id, login_id) DO NOTHING`,
    [login.id, login.userId, agent.skillIds],
    'floor.setSkills',
  );
  work.touch({ login });
  await serveLogin(work, login);
}

function isUpToDate(login: Login, agent: AgentConfiguration, skillIds: readonly string[]): boolean {
  return (
    agent.settings.capacity === current(login.meter).capacity &&
    JSON.stringify(sorted(agent.settings)) === JSON.stringify(sorted(login.settings)) &&
    JSON.stringify(agent.skillIds) === JSON.stringify(skillIds)
  );
}

const sorted = (settings: object) => Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));

async function skillsOf(db: Pick<Work['tx'], 'query'>, loginId: number): Promise<string[]> {
  const rows = await db.query<{ skill_id: string }>(
    'SELECT skill_id FROM login_skill WHERE login_id = $1 ORDER BY skill_id',
    [loginId],
    'floor.skillsOf',
  );
  return rows.map(({ skill_id }) => skill_id);
}

/** Waiting chats follow the skills their button has now. */
async function refreshWaiting(context: FloorContext): Promise<void> {
  const waiting = await context.db.query<{ id: number }>(
    `SELECT id FROM chat WHERE state = 'waiting' AND button_id IS NOT NULL ORDER BY requested_at, id`,
    [],
    'floor.waiting',
  );
  for (const { id } of waiting) {
    await floorWork(context, async (work) => {
      const chat = await work.chat(id);
      if (chat?.state !== 'waiting') return;
      await prepareTarget(work, chat);
      await routeChat(work, chat);
    });
  }
}
