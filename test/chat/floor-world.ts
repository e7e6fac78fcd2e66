/** A floor on a database of its own, with a deployment, buttons, skills and agents to taste, and clients that remember. */

import type { FloorSettings } from '../../src/chat/context.js';
import { createFloor, type RunningFloor } from '../../src/chat/create-floor.js';
import type {
  AgentEvent,
  AgentState,
  AgentStatus,
  AgentTransient,
  ChatRequest,
  VisitorMessage,
} from '../../src/chat/floor.js';
import { createClock } from '../../src/clock.js';
import {
  automatedCaller,
  builtInProfileId,
  createAll,
  firstStart,
  LOCALE_DEFAULTS,
  systemCaller,
} from '../../src/first-start.js';
import { findObject } from '../../src/objects/registry.js';
import { updateRecords } from '../../src/records/update.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';

export interface World {
  readonly db: Database;
  readonly url: string;
  readonly floor: RunningFloor;
  readonly deploymentId: string;
  readonly organizationId: string;
  readonly errors: unknown[];
  /** Another process on the same database. */
  anotherFloor(settings?: Partial<FloorSettings>): Promise<RunningFloor>;
  skill(name: string): Promise<string>;
  button(fields: Readonly<Record<string, unknown>>): Promise<string>;
  /** A user with a configuration and skills; gives the user id. */
  agent(
    name: string,
    options: { capacity?: number | null; skills?: readonly string[]; config?: object },
  ): Promise<string>;
  create(object: string, fields: Readonly<Record<string, unknown>>): Promise<string>;
  update(object: string, record: Readonly<Record<string, unknown>>): Promise<void>;
  /** Makes the floor's clock leap. */
  leap(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** One database a test file: making the organization costs more than any test. */
let shared: Promise<{ store: TestStore; organizationId: string }> | undefined;

async function organization(): Promise<{ store: TestStore; organizationId: string }> {
  const store = await testStore();
  const { organizationId } = await firstStart(store.db, { adminPassword: 'correct horse battery' });
  return { store, organizationId };
}

/** Everything a test leaves behind, but the organization and its profiles. */
async function empty(db: Database): Promise<void> {
  await db.query(`TRUNCATE login, login_contact, floor_node, login_connection, floor_event, login_skill, chat, chat_event,
    offer, engagement, conversation, chat_message, agent_outbox, agent_event, button_wait, visitor_session, visitor_contact,
    visitor_message, so_live_agent_session, so_live_chat_transcript, so_live_chat_transcript_event, so_live_chat_visitor,
    so_live_chat_button, so_live_chat_deployment, so_live_chat_user_config, so_live_chat_user_config_user, so_skill,
    so_skill_user, so_live_chat_blocking_rule, so_live_chat_sensitive_data_rule, so_quick_text RESTART IDENTITY CASCADE`);
  await db.query(`DELETE FROM principal WHERE username LIKE '%@floor.test'`);
  await db.query(`DELETE FROM so_user WHERE username LIKE '%@floor.test'`);
}

/**
 * A floor with nobody on it; the database is the file's, emptied when the world is closed. Its clock stands still and
 * moves by leaps alone, so every figure is exact, unless it is to be `running`. `through` stands between the floor and its
 * database.
 */
export async function openWorld(
  settings: Partial<FloorSettings> = {},
  running = false,
  through: (db: Database) => Database = (db) => db,
): Promise<World> {
  shared ??= organization();
  const { store, organizationId } = await shared;
  const { db } = store;
  await setFloorTime(db, running ? { speed: 1 } : { frozenAt: '2026-03-10T12:00:00Z' });
  const caller = await automatedCaller(db);
  const errors: unknown[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object, text: string) => errors.push([text, fields]),
  };
  const floors: RunningFloor[] = [];
  const extra: Database[] = [];
  const start = async (on: Database, changed: Partial<FloorSettings>) => {
    const floor = await createFloor({
      db: on,
      clock: createClock(on),
      log,
      settings: { graceMs: 30_000, heartbeatMs: 5_000, contactFlushMs: 5_000, ...settings, ...changed },
      systemCaller: caller,
      callerFor: async (userId) => systemCaller(userId, organizationId),
    });
    floors.push(floor);
    return floor;
  };
  const create = async (name: string, fields: Readonly<Record<string, unknown>>) => {
    const object = findObject(name);
    if (!object) throw new Error(`no object ${name}`);
    const [id] = await db.tx((tx) => createAll(tx, caller, object, [fields]));
    return id as string;
  };
  const deploymentId = await create('LiveChatDeployment', {
    DeveloperName: 'Test',
    MasterLabel: 'Test',
    WindowTitle: 'Chat',
  });
  const profileId = await builtInProfileId(db, 'agent');
  const floor = await start(through(db), {});
  let made = 0;
  return {
    db,
    url: store.url,
    floor,
    deploymentId,
    organizationId,
    errors,
    create,
    async anotherFloor(changed = {}) {
      const on = await openDatabase({ url: store.url });
      extra.push(on);
      return start(on, changed);
    },
    skill: (name) => create('Skill', { DeveloperName: name, MasterLabel: name }),
    button: (fields) => {
      made += 1;
      return create('LiveChatButton', {
        DeveloperName: `Button${made}`,
        MasterLabel: `Button ${made}`,
        RoutingType: 'LeastActive',
        Type: 'Standard',
        ...fields,
      });
    },
    async agent(name, { capacity = 1, skills = [], config = {} }) {
      const userId = await create('User', {
        Username: `${name}@floor.test`,
        LastName: name,
        Email: `${name}@floor.test`,
        Alias: name.slice(0, 8),
        ProfileId: profileId,
        IsActive: true,
        ...LOCALE_DEFAULTS,
      });
      const configId = await create('LiveChatUserConfig', {
        DeveloperName: `Config_${name}`,
        MasterLabel: name,
        Capacity: capacity,
        HasSneakPeek: true,
        OptionsHasChatMonitoring: true,
        OptionsHasWhisperMessage: true,
        ...config,
      });
      await create('LiveChatUserConfigUser', { LiveChatUserConfigId: configId, UserId: userId });
      for (const skill of skills) await create('SkillUser', { SkillId: skill, UserId: userId });
      return userId;
    },
    async update(name, record) {
      const object = findObject(name);
      if (!object) throw new Error(`no object ${name}`);
      const [result] = await updateRecords(db, caller, { object, records: [record], allOrNone: true });
      if (!result?.success) throw new Error(JSON.stringify(result?.errors));
    },
    leap: (ms) => setFloorTime(db, { offsetMs: ms }),
    async close() {
      for (const one of floors) await one.stop();
      for (const on of extra) await on.close();
      await empty(db);
    },
  };
}

/** To be called after the last test of a file. */
export async function closeWorlds(): Promise<void> {
  if (shared) await (await shared).store.close();
  shared = undefined;
}

/** An agent's client: keeps what it was told. */
export interface AgentClient {
  readonly connectionId: string;
  state: AgentState;
  readonly events: AgentEvent[];
  readonly transients: AgentTransient[];
  status(status: AgentStatus): Promise<AgentState>;
  /** Waits for an event of a type, from the last one given on. */
  next<T extends AgentEvent['type']>(type: T): Promise<Extract<AgentEvent, { type: T }>>;
}

export async function connect(
  floor: RunningFloor,
  userId: string,
  resume?: { loginId: string; lastEventId: number },
): Promise<AgentClient> {
  const events: AgentEvent[] = [];
  const transients: AgentTransient[] = [];
  const waiting: (() => void)[] = [];
  let seen = 0;
  const connected = await floor.connectAgent(
    { userId, ...(resume ? { resume } : {}) },
    {
      event(event) {
        events.push(event);
        for (const wake of waiting.splice(0)) wake();
      },
      transient(transient) {
        transients.push(transient);
        for (const wake of waiting.splice(0)) wake();
      },
    },
  );
  const client: AgentClient = {
    connectionId: connected.connectionId,
    state: connected.state,
    events,
    transients,
    async status(status) {
      client.state = await floor.setStatus(connected.connectionId, status);
      return client.state;
    },
    async next(type) {
      for (const until = performance.now() + 8_000; ; ) {
        for (; seen < events.length; ) {
          const event = events[seen++] as AgentEvent;
          if (event.type === type) return event as never;
        }
        if (performance.now() > until)
          throw new Error(`no ${type} came; got ${events.map((e) => e.type).join(', ')}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200);
          waiting.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
  };
  return client;
}

/** A visitor's client over the floor's own calls: polls with ack as the guide says. */
export interface VisitorClient {
  readonly key: string;
  readonly received: VisitorMessage[];
  say(text: string): Promise<void>;
  end(): Promise<void>;
  /** ReconnectSession; its numbers start over. */
  reconnect(): Promise<void>;
  /** One short poll; what it brings stands in `received`. */
  once(): Promise<void>;
  /** Polls until a message of the type came; earlier ones stay in `received`. */
  until(type: VisitorMessage['type']): Promise<VisitorMessage>;
}

export async function visit(
  world: World,
  request: Partial<ChatRequest>,
  floor: RunningFloor = world.floor,
): Promise<VisitorClient> {
  const { key } = await floor.visitor.createSession();
  const received: VisitorMessage[] = [];
  let ack = -1;
  let sequence = 1;
  let looked = 0;
  await floor.visitor.requestChat(key, {
    organizationId: world.organizationId,
    deploymentId: world.deploymentId,
    buttonId: null,
    agentId: null,
    doFallback: false,
    buttonOverrides: [],
    visitorId: null,
    visitorName: 'Vera',
    ipAddress: '127.0.0.1',
    userAgent: 'test',
    language: 'en',
    screenResolution: '800x600',
    referrer: null,
    prechatDetails: [],
    prechatEntities: [],
    receiveQueueUpdates: false,
    isPost: true,
    ...request,
  });
  const once = async () => {
    const poll = await floor.visitor.poll(key, { ack, holdMs: 50 });
    if (poll.kind !== 'batch') return;
    received.push(...poll.messages);
    ack = poll.sequence;
  };
  return {
    key,
    received,
    async reconnect() {
      await floor.visitor.reconnect(key);
      ack = -1;
      sequence = 1;
    },
    once,
    say: (text) => floor.visitor.sendMessage(key, text, { sequence: sequence++ }),
    end: () => floor.visitor.endChat(key, 'client', { sequence: sequence++ }),
    async until(type) {
      for (const end = performance.now() + 8_000; ; ) {
        for (; looked < received.length; ) {
          const message = received[looked++] as VisitorMessage;
          if (message.type === type) return message;
        }
        if (performance.now() > end)
          throw new Error(`no ${type} came; got ${received.map((m) => m.type).join(', ')}`);
        const poll = await floor.visitor.poll(key, { ack, holdMs: 1_000 });
        if (poll.kind !== 'batch') continue;
        received.push(...poll.messages);
        ack = poll.sequence;
      }
    },
  };
}

/** An agent Online, in a chat with a visitor who knows it; the button has one skill, and the agent has it. */
export async function engaged(
  world: World,
  {
    button = {},
    ...options
  }: { readonly button?: object } & Omit<Parameters<World['agent']>[1], 'skills'> = {},
): Promise<{ agent: AgentClient; visitor: VisitorClient; userId: string; chatId: string }> {
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill, ...button });
  const userId = await world.agent('ana', { ...options, skills: [skill] });
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  const visitor = await visit(world, { buttonId });
  const { offer } = await agent.next('offered');
  const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
  await visitor.until('ChatEstablished');
  return { agent, visitor, userId, chatId: chat.chatId };
}

/** LiveAgentSession rows, oldest login first. */
export function sessionRows(db: Database): Promise<Record<string, number | string | null>[]> {
  return db.query(
    `SELECT s.agent_id, s.owner_id, s.created_by_id, s.login_time, s.logout_time, s.chat_req_assigned, s.chat_req_engaged,
       s.chat_req_declined, s.chat_req_timed_out, s.num_flag_raised, s.time_in_online_status, s.time_in_away_status,
       s.time_idle, s.time_in_chats, s.time_at_capacity
     FROM so_live_agent_session s ORDER BY s.id`,
  );
}
