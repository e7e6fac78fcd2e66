/**
 * What administrators change takes effect within a second, as an event of the login (issue of the floor; DECISIONS 7):
 * this follows the outbox of records and brings open logins and waiting chats up to date. Every process follows; the
 * first one to lock the floor makes the change, the others find nothing left to do.
 */
import { type ChangePosition, changesAfter, currentPosition } from '../store/changes.js';
import type { Queryable } from '../store/database.js';
import { type AgentConfiguration, findAgent, findAgents } from './configuration.js';
import type { FloorContext } from './context.js';
import type { Login } from './entities.js';
import { floorWork } from './floor-work.js';
import { openLogins } from './load.js';
import { current } from './meter.js';
import { closeLogin } from './presence.js';
import { routeChat, routeStranded, serveLogin } from './routing.js';
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
/** Logins brought up to date in one unit of work: the floor is theirs alone for some tens of milliseconds. */
const BATCH = 50;

export function createConfigurationChanges(
  context: FloorContext,
  callers: { prepare(userId: string): Promise<void> },
): ConfigurationChanges {
  let position: ChangePosition | undefined;

  /** Brings the open logins of these users up to date; undefined: of all. */
  async function refreshAgents(users?: ReadonlySet<string>): Promise<void> {
    const open = (await openLogins(context.db, LOGINS_LIMIT)).filter(
      ({ userId }) => users?.has(userId) ?? true,
    );
    const { changed, over } = await outdated(context.db, open);
    for (let at = 0; at < changed.length; at += BATCH) {
      const ids = changed.slice(at, at + BATCH).map(({ login }) => login.id);
      await floorWork(context, (work) => refreshLogins(work, ids));
    }
    for (const { id, userId } of over) {
      await callers.prepare(userId);
      await floorWork(context, async (work) => {
        const login = await work.login(id);
        if (login?.endedAt !== null || (await findAgent(work.tx, userId))) return;
        await closeLogin(work, login, 'deactivated', 'system');
      });
    }
  }

  return {
    async follow() {
      if (position === undefined) {
        const begin = await currentPosition(context.db);
        await refreshAgents();
        await refreshWaiting(context);
        position = begin;
        return;
      }
      const { changes, next } = await changesAfter(context.db, position, FOLLOWED);
      const users = new Set(
        changes.filter(({ object }) => object === 'User').map(({ recordId }) => recordId),
      );
      for (const userId of await frozenAtWork(context.db)) users.add(userId);
      const everybody = changes.some(({ object }) => AGENT_OBJECTS.includes(object));
      if (everybody || users.size > 0) await refreshAgents(everybody ? undefined : users);
      if (changes.some(({ object }) => BUTTON_OBJECTS.includes(object))) await refreshWaiting(context);
      position = next;
    },
  };
}

/** Users with an open login who were frozen: no record says so, so the outbox does not tell. */
async function frozenAtWork(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ user_id: string }>(
    'SELECT l.user_id FROM credential f JOIN login l ON l.user_id = f.user_id AND l.ended_at IS NULL WHERE f.is_frozen',
    [],
    'floor.frozenAtWork',
  );
  return rows.map(({ user_id }) => user_id);
}

interface Outdated {
  readonly login: Login;
  readonly agent: AgentConfiguration;
  readonly skillIds: readonly string[];
}

/** Of these logins those whose configuration is another now, and those whose users may not be here any more. */
async function outdated(
  db: Queryable,
  logins: readonly Login[],
): Promise<{ readonly changed: readonly Outdated[]; readonly over: readonly Login[] }> {
  if (logins.length === 0) return { changed: [], over: [] };
  const agents = await findAgents(
    db,
    logins.map(({ userId }) => userId),
  );
  const rows = await db.query<{ login_id: number; skill_ids: string[] }>(
    `SELECT login_id, array_agg(skill_id ORDER BY skill_id) AS skill_ids FROM login_skill
      WHERE login_id = ANY ($1) GROUP BY login_id`,
    [logins.map(({ id }) => id)],
    'floor.skillsOf',
  );
  const skills = new Map(rows.map(({ login_id, skill_ids }) => [login_id, skill_ids]));
  const changed: Outdated[] = [];
  const over: Login[] = [];
  for (const login of logins) {
    const agent = agents.get(login.userId);
    const skillIds = skills.get(login.id) ?? [];
    if (!agent) over.push(login);
    else if (!isUpToDate(login, agent, skillIds)) changed.push({ login, agent, skillIds });
  }
  return { changed, over };
}

/** Applies the configurations of these logins as they are now, to those still open. */
async function refreshLogins(work: Work, ids: readonly number[]): Promise<void> {
  const open = (await work.logins(ids)).filter(({ endedAt }) => endedAt === null);
  const { changed } = await outdated(work.tx, open);
  if (changed.length === 0) return;
  for (const { login, agent } of changed) {
    if (agent.settings.capacity !== current(login.meter).capacity) {
      work.record(login, { kind: 'capacity', capacity: agent.settings.capacity }, { actor: 'system' });
    }
    if (!isSame(agent.settings, login.settings)) {
      login.settings = agent.settings;
      work.tell(login, { type: 'settingsChanged', settings: agent.settings });
    }
    login.name = agent.name;
    work.touch({ login });
  }
  await writeNamesAndSkills(work, changed);
  // One statement for all of them, with what follows from their names and skills.
  await work.save();
  for (const { login } of changed) await serveLogin(work, login);
  await routeStranded(work);
}

/** What a unit of work does not save of a login: the name visitors read, and the skills it is routed by. */
async function writeNamesAndSkills(work: Work, changed: readonly Outdated[]): Promise<void> {
  const rows = changed.map(({ login, agent }) => ({
    id: login.id,
    name: agent.name,
    skills: agent.skillIds,
  }));
  await work.tx.query(
    `WITH wanted AS (SELECT w.id, w.name, w.skills FROM json_to_recordset($1::json) AS w (id bigint, name text, skills text[])
     ), named AS (
       UPDATE login l SET name = w.name FROM wanted w WHERE l.id = w.id AND l.name <> w.name
     ), gone AS (
       DELETE FROM login_skill s USING wanted w WHERE s.login_id = w.id AND NOT s.skill_id = ANY (w.skills)
     )
     INSERT INTO login_skill (skill_id, login_id, user_id, waiting_since)
     SELECT s, l.id, l.user_id, coalesce(l.last_offer_at, l.started_at)
       FROM wanted w JOIN login l ON l.id = w.id, unnest(w.skills) s
     ON CONFLICT (skill_id, login_id) DO NOTHING`,
    [JSON.stringify(rows)],
    'floor.setNamesAndSkills',
  );
}

function isUpToDate(login: Login, agent: AgentConfiguration, skillIds: readonly string[]): boolean {
  return (
    agent.name === login.name &&
    agent.settings.capacity === current(login.meter).capacity &&
    isSame(agent.settings, login.settings) &&
    JSON.stringify(agent.skillIds) === JSON.stringify(skillIds)
  );
}

const isSame = (one: object, other: object) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (settings: object) => Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));

/** Waiting chats follow their buttons as they are now. */
async function refreshWaiting(context: FloorContext): Promise<void> {
  const waiting = await context.db.query<{ id: number }>(
    `SELECT id FROM chat WHERE state = 'waiting' ORDER BY requested_at, id`,
    [],
    'floor.waiting',
  );
  for (const { id } of waiting) {
    await floorWork(context, async (work) => {
      const chat = await work.chat(id);
      if (chat) await routeChat(work, chat);
    });
  }
}
