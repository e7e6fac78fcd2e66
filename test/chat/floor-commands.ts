/** What the model test lets happen on a floor: each command does it, or does nothing where it does not apply. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { offerIdOf } from '../../src/chat/entities.js';
import type { ChatRequest } from '../../src/chat/floor.js';
import type { MeterState } from '../../src/chat/meter.js';
import { totalsAt } from '../../src/chat/meter.js';
import { sessionFields } from '../../src/chat/session-figures.js';
import type { Database } from '../../src/store/database.js';
import {
  type Done,
  FloorModel,
  type ModelAgent,
  type ModelButton,
  type ModelLogin,
  type ModelTarget,
  timesOf,
} from './floor-model.js';
import {
  type AgentClient,
  connect,
  openWorld,
  type VisitorClient,
  visit,
  type World,
} from './floor-world.js';

/** `a`, `b`: which agent, visitor, button or offer, counted around. */
export interface Command {
  readonly kind: (typeof KINDS)[number];
  readonly a: number;
  readonly b: number;
}

const KINDS = [
  'online',
  'away',
  'offline',
  'visit',
  'visit',
  'visit',
  'direct',
  'direct',
  'overrides',
  'visitorEnds',
  'accept',
  'accept',
  'accept',
  'decline',
  'pick',
  'pick',
  'endChat',
  'toAgent',
  'toSkill',
  'toButton',
  'cancelTransfer',
  'invite',
  'invite',
  'cancelInvitation',
  'leave',
  'raise',
  'lower',
  'lowerOf',
  'drop',
  'back',
  'leap',
  'leap',
  'leap',
  'leapBack',
  'capacity',
  'buttonSkills',
  'supervise',
] as const;

export const COMMANDS = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), a: fc.nat(99), b: fc.nat(99) }),
  // fast-check's own sizes would seldom make more than ten.
  { minLength: 10, maxLength: 60, size: 'max' },
);

const one = (kind: Command['kind'], a: number, b = 0): Command => ({ kind, a, b });

/** Situations that chance seldom makes, to be tried each time: where chats once waited for nobody while agents were free. */
export const SITUATIONS: readonly (readonly Command[])[] = [
  // Asked of Bob, then of a button: Bob lets it time out.
  [one('online', 1), one('direct', 1, 22), one('leap', 0, 70)],
  // Asked of Ana, who is in it and goes.
  [one('online', 0), one('online', 1), one('direct', 0, 20), one('accept', 0), one('offline', 0)],
  // Declined by Bob, who is Away by that and comes back, at a button that offers it again.
  [one('buttonSkills', 1, 0), one('online', 1), one('visit', 1), one('decline', 1), one('online', 1)],
  // Asked of Ana alone, who declines; the button has a queue.
  [one('online', 0), one('online', 1), one('direct', 0, 20), one('decline', 0)],
  // In a chat whose button gets the skill that Cy has, Ana goes.
  [
    ...[one('online', 0), one('visit', 5), one('accept', 0), one('online', 2)],
    ...[one('buttonSkills', 5, 1), one('offline', 0)],
  ],
  // Declined by Ana while Bob is full, who was not asked; then Bob goes.
  [
    ...[one('buttonSkills', 1, 0), one('online', 1), one('visit', 5), one('online', 0)],
    ...[one('visit', 1), one('decline', 0), one('away', 1)],
  ],
];

export interface ModelWorld {
  readonly world: World;
  readonly model: FloorModel;
  readonly buttons: readonly string[];
  readonly skills: readonly string[];
  run(commands: readonly Command[]): Promise<void>;
}

const MAY = {
  OptionsHasChatTransferToAgent: true,
  OptionsHasChatTransferToSkill: true,
  OptionsHasChatTransferToButton: true,
  OptionsHasChatConferencing: true,
  OptionsHasAssistanceFlag: true,
};
const START = Date.parse('2026-03-10T12:00:00Z');

/** Four agents, two skills, five buttons. `through`: puts something between the floor and its database. */
export async function openModelWorld(through?: (db: Database) => Database): Promise<ModelWorld> {
  const world = await openWorld({}, false, through);
  const { floor, db } = world;
  const skills = [await world.skill('One'), await world.skill('Two')] as const;
  const [first, second] = skills;
  const plans = [
    { SkillId: first },
    {
      SkillId: second,
      RoutingType: 'MostAvailable',
      HasQueue: true,
      OverallQueueLength: 5,
      OptionsHasRerouteDeclinedRequest: true,
      NumberOfReroutingAttempts: 1,
    },
    { SkillId: first, RoutingType: 'Choice', HasQueue: true },
    { SkillId: second, RoutingType: 'Choice' },
    { SkillId: second, OptionsIsAutoAccept: true, HasQueue: true, PerAgentQueueLength: 2 },
    { SkillId: first, HasQueue: true },
  ];
  const known: ModelButton[] = [];
  for (const plan of plans) {
    known.push({
      id: await world.button({ PushTimeout: 20, ...plan }),
      skillIds: [plan.SkillId],
      byChoice: plan.RoutingType === 'Choice',
      hasQueue: plan.HasQueue ?? false,
      attempts: plan.NumberOfReroutingAttempts ?? 0,
    });
  }
  const buttons = known.map(({ id }) => id);
  const agents: ModelAgent[] = [];
  const configs: string[] = [];
  const people = [
    { name: 'ana', skillIds: [first, second], capacity: 2 },
    { name: 'bob', skillIds: [first], capacity: 1, awayOnDecline: true },
    { name: 'cy', skillIds: [second], capacity: 2, awayOnTimeout: true },
    { name: 'dot', skillIds: [first, second], capacity: 0 },
  ];
  for (const { name, skillIds, capacity, awayOnDecline = false, awayOnTimeout = false } of people) {
    const config = {
      ...MAY,
      IsAutoAwayOnDecline: awayOnDecline,
      OptionsIsAutoAwayOnPushTimeout: awayOnTimeout,
    };
    const userId = await world.agent(name, { skills: skillIds, capacity, config });
    const [assigned] = await db.query<{ id: string }>(
      'SELECT live_chat_user_config_id AS id FROM so_live_chat_user_config_user WHERE user_id = $1',
      [userId],
    );
    const configId = assigned?.id as string;
    for (const SkillId of skills) {
      await world.create('UserConfigTransferSkill', { LiveChatUserConfigId: configId, SkillId });
    }
    for (const LiveChatButtonId of buttons) {
      await world.create('UserConfigTransferButton', { LiveChatUserConfigId: configId, LiveChatButtonId });
    }
    configs.push(configId);
    agents.push({ name, userId, skillIds, capacity, awayOnDecline, awayOnTimeout, login: undefined });
  }
  await floor.tick();
  const model = new FloorModel(agents, known, db);
  model.now = START;
  model.goodSince = START;
  const clients = new Map<ModelAgent, AgentClient>();
  let visitors: VisitorClient[] = [];
  let isDirty = false;

  const agentOf = (n: number) => agents[n % agents.length] as ModelAgent;
  const clientOf = (agent: ModelAgent) => clients.get(agent)?.connectionId as string;
  /** Logged in and with a socket. */
  const isHere = (agent: ModelAgent) => agent.login?.connected === true && clients.has(agent);
  const here = (n: number): { agent: ModelAgent; login: ModelLogin; id: string } | undefined => {
    const agent = agentOf(n);
    return isHere(agent) ? { agent, login: agent.login as ModelLogin, id: clientOf(agent) } : undefined;
  };
  const offersTo = (login: ModelLogin) =>
    model.offers.filter((o) => o.login_id === login.id && o.state === 'open');
  const chatsOf = (login: ModelLogin) =>
    model.engagements.filter((e) => e.login_id === login.id && e.running);

  async function status(n: number, wanted: 'Online' | 'Away'): Promise<Done> {
    const agent = agentOf(n);
    if (!clients.has(agent)) return {};
    if (agent.login && !agent.login.connected) return {};
    const state = await floor.setStatus(clientOf(agent), wanted);
    if (!agent.login) model.opened(agent, Number(state.loginId));
    const login = agent.login as unknown as ModelLogin;
    model.heard(login);
    if (login.status === wanted) return {};
    login.status = wanted;
    return { acted: login };
  }

  async function leap(ms: number, alive: number): Promise<Done> {
    await floor.tick();
    const heartbeat = () => {
      for (const [index, agent] of agents.entries()) {
        if (isHere(agent) && (alive >> index) % 2 === 1) floor.contact(clientOf(agent));
      }
    };
    // Before and after: the floor's own flush may come between.
    heartbeat();
    await world.leap(ms);
    heartbeat();
    model.now += ms;
    for (const [index, agent] of agents.entries()) {
      if (isHere(agent) && (alive >> index) % 2 === 1) model.heard(agent.login as ModelLogin);
    }
    await floor.tick();
    model.goodSince = Math.min(model.goodSince, model.now);
    return {};
  }

  const apply: Record<Command['kind'], (a: number, b: number) => Promise<Done>> = {
    online: (a) => status(a, 'Online'),
    away: (a) => status(a, 'Away'),
    async offline(a) {
      const one = here(a);
      if (!one) return {};
      await floor.setStatus(one.id, 'Offline');
      return { ended: { login: one.login, reason: 'logout' } };
    },
    visit: (a) => request({ buttonId: buttonOf(a) }, [toButton(a)]),
    direct(a, b) {
      const { userId: agentId } = agentOf(a);
      const n = b >> 2;
      const straight = { agentId, buttonId: buttonOf(n) };
      if (b % 4 === 0) return request(straight, [straight]);
      if (b % 4 === 1) return request({ agentId }, [{ agentId, buttonId: null }]);
      if (b % 4 === 2) return request({ ...straight, doFallback: true }, [straight, toButton(n)]);
      return request({ buttonOverrides: [`${agentId}_${buttonOf(n)}`, buttonOf(n + 1)] }, [
        straight,
        toButton(n),
        toButton(n + 1),
      ]);
    },
    overrides: (a, b) => request({ buttonOverrides: [buttonOf(a), buttonOf(b)] }, [toButton(a), toButton(b)]),
    async visitorEnds(a) {
      const [visitor] = visitors.splice(visitors.length === 0 ? 0 : a % visitors.length, 1);
      await visitor?.end().catch(refusedAsOver);
      return {};
    },
    async accept(a, b) {
      const one = here(a);
      const offers = one ? offersTo(one.login) : [];
      const offer = offers[b % offers.length];
      if (!one || !offer) return {};
      model.heard(one.login);
      await floor.accept(one.id, offerIdOf(offer.chat_id, offer.generation));
      return { acted: one.login };
    },
    async decline(a, b) {
      const one = here(a);
      const offers = one ? offersTo(one.login) : [];
      const offer = offers[b % offers.length];
      if (!one || !offer) return {};
      model.heard(one.login);
      await floor.decline(one.id, offerIdOf(offer.chat_id, offer.generation));
      const isAsked = offer.kind === 'transfer' || offer.kind === 'conference';
      return { acted: one.login, ...(isAsked ? {} : { declined: one.login }) };
    },
    async pick(a, b) {
      const one = here(a);
      const listed = model.chats.filter((c) => model.isListed(c));
      const chat = listed[b % listed.length];
      if (!one || !chat) return {};
      model.heard(one.login);
      const may = model.isFor(chat, one.agent) && model.withRoom().some(({ login }) => login === one.login);
      const picking = floor.pickChat(one.id, String(chat.id));
      if (may) await picking;
      else await expect(picking).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
      return may ? { acted: one.login } : {};
    },
    async endChat(a, b) {
      const one = here(a);
      const chat = one && chatsOf(one.login)[b % 3];
      if (!one || !chat) return {};
      model.heard(one.login);
      await floor.endChat(one.id, String(chat.chat_id));
      return { acted: one.login };
    },
    toAgent: (a, b) => transfer(a, { kind: 'agent', id: agentOf(b).userId }),
    toSkill: (a, b) => transfer(a, { kind: 'skill', id: skills[b % 2] as string }),
    toButton: (a, b) => transfer(a, { kind: 'button', id: buttons[b % buttons.length] as string }),
    async cancelTransfer(a) {
      const one = here(a);
      const chat = one && model.chats.find(({ transfer: known }) => known?.fromLoginId === one.login.id);
      if (!one || !chat) return {};
      model.heard(one.login);
      const isAtButton = chat.transfer?.to.kind === 'button';
      await floor.cancelTransfer(one.id, String(chat.id)).catch(refused);
      return isAtButton && chatsBefore(one.login) < (await engagedNow(one.login)) ? { acted: one.login } : {};
    },
    async invite(a, b) {
      const one = here(a);
      const chat = one && chatsOf(one.login)[0];
      if (!one || !chat) return {};
      model.heard(one.login);
      await floor.invite(one.id, { chatId: String(chat.chat_id), userId: agentOf(b).userId }).catch(refused);
      return {};
    },
    async cancelInvitation(a) {
      const one = here(a);
      const offer =
        one &&
        model.offers.find(
          (o) => o.from_login_id === one.login.id && o.kind === 'conference' && o.state === 'open',
        );
      if (!one || !offer) return {};
      model.heard(one.login);
      const userId = agents.find(({ login }) => login?.id === offer.login_id)?.userId as string;
      await floor.cancelInvitation(one.id, { chatId: String(offer.chat_id), userId });
      return {};
    },
    async leave(a) {
      const one = here(a);
      const chat =
        one &&
        chatsOf(one.login).find(
          ({ chat_id }) => model.engagements.filter((e) => e.running && e.chat_id === chat_id).length > 1,
        );
      if (!one || !chat) return {};
      model.heard(one.login);
      await floor.leaveChat(one.id, String(chat.chat_id));
      return { acted: one.login };
    },
    async raise(a, b) {
      const one = here(a);
      const chat = one && chatsOf(one.login)[b % 2];
      if (!one || !chat) return {};
      model.heard(one.login);
      await floor.raiseFlag(one.id, String(chat.chat_id), 'help');
      if (chat.flagged) return {};
      one.login.raised += 1;
      return { acted: one.login };
    },
    async lower(a) {
      const one = here(a);
      const chat = one && chatsOf(one.login).find(({ flagged }) => flagged);
      if (!one || !chat) return {};
      model.heard(one.login);
      await floor.lowerFlag(one.id, String(chat.chat_id));
      one.login.loweredByAgent += 1;
      return { acted: one.login };
    },
    async lowerOf(a) {
      const flag = model.engagements.find(({ running, flagged }) => running && flagged);
      const raiser = agents.find(({ login }) => login?.id === flag?.login_id);
      if (!flag || !raiser?.login) return {};
      const by = { userId: agentOf(a).userId, name: 'Sue' };
      await floor.supervisor.lowerFlag(by, { chatId: String(flag.chat_id), userId: raiser.userId });
      raiser.login.loweredBySupervisor += 1;
      return {};
    },
    async drop(a) {
      const agent = agentOf(a);
      if (!clients.has(agent)) return {};
      await floor.disconnectAgent(clientOf(agent));
      clients.delete(agent);
      if (agent.login) agent.login.connected = false;
      return {};
    },
    async back(a) {
      const agent = agentOf(a);
      if (clients.has(agent)) return {};
      const client = await connect(floor, agent.userId);
      clients.set(agent, client);
      if (!agent.login || client.state.loginId !== String(agent.login.id)) return {};
      agent.login.connected = true;
      model.heard(agent.login);
      return { acted: agent.login };
    },
    // Shorter than the grace: no time-out is found so late that it carries its own time (DECISIONS 5).
    leap: (a, b) => leap((b + 1) * 297, a % 3 === 0 ? 15 : a),
    leapBack: (a, b) => leap(-(b + 1) * 30, a % 3 === 0 ? 15 : a),
    async capacity(a, b) {
      const agent = agentOf(a);
      const capacity = b % 4;
      await world.update('LiveChatUserConfig', {
        Id: configs[a % agents.length] as string,
        Capacity: capacity,
      });
      agent.capacity = capacity;
      await followed();
      return {};
    },
    async buttonSkills(a, b) {
      await setSkill(known[a % known.length] as ModelButton, skills[b % 2] as string);
      return {};
    },
    async supervise(a, b) {
      const { userId, login } = agentOf(a);
      const status = b % 2 === 0 ? 'Away' : 'Offline';
      if (!login) return {};
      await floor.supervisor.setStatus({ userId: agentOf(a + 1).userId, name: 'Sue' }, { userId, status });
      if (status === 'Offline') return { ended: { login, reason: 'supervisor' } };
      login.status = status;
      return {};
    },
  };

  const buttonOf = (n: number) => buttons[n % buttons.length] as string;
  const toButton = (n: number): ModelTarget => ({ agentId: null, buttonId: buttonOf(n) });
  async function request(asked: Partial<ChatRequest>, targets: readonly ModelTarget[]): Promise<Done> {
    const visitor = await visit(world, asked);
    visitors.push(visitor);
    model.requested(visitor.key.split('!')[0] as string, targets);
    return {};
  }

  async function setSkill(button: ModelButton, skillId: string): Promise<void> {
    await world.update('LiveChatButton', { Id: button.id, SkillId: skillId });
    button.skillIds = [skillId];
    await followed();
  }

  /** The floor has read what was changed: it reads what is older than every transaction still running on the server. */
  async function followed(): Promise<void> {
    const [mark] = await db.query<{ tx: string }>('SELECT pg_current_xact_id()::text AS tx');
    for (let isRead = false; !isRead; ) {
      const [row] = await db.query<{ read: boolean }>(
        'SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 AS read',
        [mark?.tx],
      );
      isRead = row?.read ?? false;
      if (!isRead) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await floor.tick();
  }

  const chatsBefore = (login: ModelLogin) => chatsOf(login).length;
  async function engagedNow(login: ModelLogin): Promise<number> {
    const [row] = await db.query<{ n: number }>('SELECT engaged AS n FROM login WHERE id = $1', [login.id]);
    return row?.n ?? 0;
  }

  async function transfer(a: number, to: { kind: 'agent' | 'skill' | 'button'; id: string }): Promise<Done> {
    const one = here(a);
    const chat = one && chatsOf(one.login).find(({ kind }) => kind === 'primary');
    if (!one || !chat) return {};
    model.heard(one.login);
    const result = await floor.transfer(one.id, { chatId: String(chat.chat_id), to }).catch(refused);
    return to.kind === 'button' && result?.state === 'requested' ? { acted: one.login } : {};
  }

  /** A run broke off in the middle: the next one begins with nobody on the floor. */
  async function startOver(): Promise<void> {
    for (const visitor of visitors) await visitor.end().catch(refusedAsOver);
    visitors = [];
    await floor.closeFloor('shutdown');
    for (const agent of agents) {
      if (clients.has(agent)) await floor.disconnectAgent(clientOf(agent));
      clients.delete(agent);
      agent.login = undefined;
    }
    await db.query(
      `UPDATE chat SET state = 'ended', ended_at = requested_at, listing = NULL WHERE state <> 'ended'`,
    );
    world.errors.length = 0;
  }

  /** Everybody goes home; what each login left is what the model says. */
  async function closeAll(): Promise<void> {
    for (const visitor of visitors) await visitor.end().catch(refusedAsOver);
    visitors = [];
    await model.observe({});
    for (const index of agents.keys()) {
      await model.observe(await apply.back(index, 0));
      await model.observe(await apply.offline(index, 0));
    }
    await checkRows(db, model);
  }

  return {
    world,
    model,
    buttons,
    skills,
    async run(commands) {
      if (isDirty) await startOver();
      isDirty = true;
      for (const [index, { SkillId }] of plans.entries()) {
        const button = known[index] as ModelButton;
        if (button.skillIds[0] !== SkillId) await setSkill(button, SkillId);
      }
      for (const [index, agent] of agents.entries()) {
        await model.observe(await apply.capacity(index, people[index]?.capacity ?? 0));
        if (!clients.has(agent)) await model.observe(await apply.back(index, 0));
      }
      model.finished.length = 0;
      for (const { kind, a, b } of commands) {
        try {
          await model.observe(await apply[kind](a, b));
        } catch (error) {
          (error as Error).message = `at ${kind} ${a} ${b}: ${(error as Error).message}`;
          throw error;
        }
      }
      await closeAll();
      expect(world.errors).toEqual([]);
      isDirty = false;
    },
  };
}

/** The figures of every login that has ended: the meter to the millisecond, the row in whole seconds. */
async function checkRows(db: Database, model: FloorModel): Promise<void> {
  for (const { agent, login } of model.finished) {
    const [row] = await db.query<{ meter: MeterState } & Record<string, number>>(
      `SELECT l.meter, s.login_time, s.logout_time, s.chat_req_assigned AS assigned, s.chat_req_engaged AS engaged,
         s.chat_req_declined AS declined, s.chat_req_timed_out AS timed_out, s.num_flag_raised AS raised,
         s.num_flag_lowered_agent AS lowered_agent, s.num_flag_lowered_supervisor AS lowered_supervisor,
         s.time_in_online_status AS online, s.time_in_away_status AS away, s.time_idle AS idle,
         s.time_in_chats AS in_chats, s.time_at_capacity AS at_capacity,
         (SELECT count(*) FROM offer o WHERE o.login_id = l.id) AS offers,
         (SELECT count(*) FROM engagement e WHERE e.login_id = l.id) AS engagements,
         (SELECT count(*) FROM offer o WHERE o.login_id = l.id AND o.state = 'timedOut'
            AND o.kind NOT IN ('transfer', 'conference')) AS timeouts
       FROM login l JOIN so_live_agent_session s ON s.id = l.session_id WHERE l.id = $1`,
      [login.id],
    );
    if (!row) throw new Error(`login ${login.id} of ${agent.name} left no row`);
    const times = timesOf(login);
    expect({ name: agent.name, ...totalsAt(row.meter, login.contact) }).toEqual({
      name: agent.name,
      ...times,
    });
    expect(row.meter.contactAt).toBe(login.contact);
    const seconds = (ms: number) => Math.round(ms / 1000);
    const { meter, offers, engagements, timeouts, ...stored } = row;
    expect(stored).toEqual({
      login_time: Math.floor(login.startedAt / 1000) * 1000,
      logout_time: Math.floor(login.contact / 1000) * 1000,
      assigned: offers,
      engaged: engagements,
      declined: login.declined,
      timed_out: timeouts,
      raised: login.raised,
      lowered_agent: login.loweredByAgent,
      lowered_supervisor: login.loweredBySupervisor,
      online: seconds(times.onlineMs),
      away: seconds(times.awayMs),
      idle: seconds(times.idleMs),
      in_chats: seconds(times.inChatsMs),
      at_capacity: seconds(times.atCapacityMs),
    });
    expect(times.onlineMs + times.awayMs).toBe(login.contact - login.startedAt);
    expect(times.idleMs).toBeLessThanOrEqual(times.onlineMs);
    expect(times.atCapacityMs).toBeLessThanOrEqual(times.onlineMs);
    expect(sessionFields(meter).ChatReqAssigned).toBe(offers);
  }
}

/** The floor may refuse what does not apply (full, asked already, gone); it may not fail. */
function refused(error: unknown): undefined {
  const { code } = error as { code?: string };
  if (code !== 'INVALID_OPERATION' && code !== 'NOT_FOUND' && code !== 'INVALID_INPUT') throw error;
  return undefined;
}

function refusedAsOver(error: unknown): void {
  if ((error as { code?: string }).code !== 'INVALID_SESSION_ID') throw error;
}
