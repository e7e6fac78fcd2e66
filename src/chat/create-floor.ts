/**
 * Puts the floor of one process together and keeps it going: contacts flushed, deadlines fired, the dead swept, missed
 * wake-ups made up for. Several processes may run one on the same database; none is special.
 */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../access/caller.js';
import type { Clock } from '../clock.js';
import { ApiError } from '../errors.js';
import type { Database } from '../store/database.js';
import { createAgentFeeds } from './agent-feeds.js';
import { createAgentTools } from './agent-tools.js';
import { createAgents } from './agents.js';
import { createAlarm } from './alarm.js';
import { createBoards } from './board.js';
import type { SupervisedFloor } from './board-views.js';
import { createConfigurationChanges } from './configuration-changes.js';
import { createContacts } from './contacts.js';
import { type FloorContext, type FloorLog, type FloorSettings, LOOK_MS } from './context.js';
import { fireDue } from './deadlines.js';
import { createDirectory } from './directory.js';
import { createEarlierLines } from './earlier-lines.js';
import { createFiles, expireFiles } from './file-transfer.js';
import type { LoginEnd } from './floor.js';
import { floorWork } from './floor-work.js';
import { createJournal } from './journal.js';
import { openLogins } from './load.js';
import { current } from './meter.js';
import { createNodeTime } from './node-time.js';
import { createOneAtATime } from './one-at-a-time.js';
import { closeLogin } from './presence.js';
import { tellQueue } from './queue-updates.js';
import { createSafetyRules } from './safety-rules.js';
import { figuresAt } from './session-figures.js';
import { saveSession } from './session-rows.js';
import { createSupervisors } from './supervisors.js';
import { NODE_LIFE_FLUSHES, sweep } from './sweep.js';
import { createTranscripts } from './transcripts.js';
import { createTyping } from './typing.js';
import { createVisitorContacts } from './visitor-contacts.js';
import { createVisitorPolls } from './visitor-polls.js';
import { lookForSilence } from './visitor-silence.js';
import { createVisitorWaiters } from './visitor-waiters.js';
import { createVisitors } from './visitors.js';
import { createWakeups, type Hint, type HintCarrier, notifyCarrier } from './wakeups.js';
import { createWatching } from './watching.js';

export interface FloorDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: FloorLog;
  readonly settings: FloorSettings;
  /** The server's own caller: writes transcripts, and owns those nobody took (the Automated Process user). */
  readonly systemCaller: Caller;
  /** What carries hints to other processes; default: NOTIFY. */
  readonly hints?: HintCarrier;
  /** The caller a user would be; used to save that user's sessions. */
  callerFor(userId: string): Promise<Caller>;
}

/** A floor with its clockwork in reach, for the tests that turn it by hand. */
export interface RunningFloor extends SupervisedFloor {
  /** Everything a process does from time to time, once, now: flush, sweep, fire, look, write. */
  tick(): Promise<void>;
}

/** How often changes of configuration are read: they take effect within a second, at a thousand agents too. Real milliseconds. */
const FOLLOW_MS = 400;
/** How often the safety rules, the places in queues and the files asked for are looked at. Real milliseconds. */
const TURN_MS = 700;
/** How soon a contact is written that somebody waits for; real milliseconds. */
const HEAR_MS = 50;
/** Largest file a visitor may send, unless set. */
const UPLOAD_LIMIT_BYTES = 5 * 1024 * 1024;
const OPEN_LOGINS_LIMIT = 10_000;
const CALLERS_REMEMBERED = 5_000;

/** Registers this process on the floor. The database must be migrated. Rejects when it cannot be reached. */
export async function createFloor(deps: FloorDeps): Promise<RunningFloor> {
  const { db, clock, log, settings } = deps;
  const nodeId = randomUUID();
  const onError = (error: unknown) => log.error({ err: error }, 'floor');
  const time = createNodeTime(clock);
  const contacts = createContacts(db, clock, time, nodeId, NODE_LIFE_FLUSHES * settings.contactFlushMs);
  const visitorContacts = createVisitorContacts(db, time, () =>
    silence.set(time.estimate() + HEAR_MS * clock.speed),
  );
  const feeds = createAgentFeeds(db, onError);
  const waiters = createVisitorWaiters();
  const wakeups = createWakeups(deps.hints ?? notifyCarrier(db), nodeId, () => contacts.peers === 0, onError);
  const boards = createBoards(db, onError);
  const safety = createSafetyRules(db, log);
  const watching = createWatching(db, wakeups, safety, onError);
  const typing = watching.earshot.overhear(createTyping({ db, feeds, waiters, wakeups, onError }));
  const transcripts = createTranscripts(db, deps.systemCaller, log, safety);
  const works = createOneAtATime();
  const callers = createCallers(deps);
  let draining = false;
  let stopped = false;

  const context: FloorContext = {
    db,
    clock,
    time,
    log,
    settings,
    nodeId,
    works,
    contacts,
    visitorContacts,
    feeds,
    waiters,
    wakeups,
    typing,
    safety,
    saveSession: (tx, login) => saveSession(tx, callers.known(login.userId) ?? deps.systemCaller, login),
    deadlineSet: (dueAt) => fire.set(dueAt),
    chatsEnded: () => void transcripts.write().catch(onError),
  };
  const journal = createJournal(context);
  const polls = createVisitorPolls(context);
  const assertOpen = () => {
    if (draining) throw new ApiError('SERVER_UNAVAILABLE', 'The server is shutting down', { status: 503 });
  };
  const agents = createAgents(context, journal, assertOpen);
  const visitors = createVisitors(context, journal, polls, assertOpen);

  // The clockwork.
  const flush = turning(onError, async () => {
    const now = await contacts.flush();
    await visitorContacts.flush(now);
    await agents.writeEnds();
    await sweep(context, now, callers);
  });
  const look = turning(onError, async () => {
    await feeds.readAll();
    await polls.readAll();
    await transcripts.write();
  });
  const configuration = createConfigurationChanges(context, callers);
  // Each on its own: what one of them has much to do with holds up no other.
  const follow = turning(onError, () => configuration.follow());
  const turns = [() => safety.follow(), () => tellQueue(context), () => expireFiles(context)].map((part) =>
    turning(onError, part),
  );
  const turn = () => Promise.all(turns.map((part) => part()));
  /** Chats whose time-outs failed: tried again with the next look, and not before. */
  const failing = new Set<number>();
  const guarded = (work: () => Promise<void>) => turning(onError, work);
  const fire = createAlarm(time, () => fireDue(context, failing), guarded);
  const silence = createAlarm(time, () => lookForSilence(context, failing), guarded);

  const onHint = (hint: Hint) => {
    for (const [loginId, eventId] of hint.agents ?? []) feeds.hint(loginId, eventId);
    waiters.wake(hint.visitors ?? []);
    for (const [loginId, transient] of hint.agentTransients ?? []) feeds.transient(loginId, transient);
    for (const [sessionId, message] of hint.visitorTransients ?? []) waiters.transient(sessionId, message);
    for (const userId of hint.users ?? []) void agents.joinLogin(userId).catch(onError);
    if (hint.dueAt !== undefined) fire.set(hint.dueAt);
    watching.earshot.watchedElsewhere(hint.watching ?? []);
    for (const [chatId, said] of hint.overheard ?? []) watching.earshot.heardElsewhere(chatId, said);
  };

  await contacts.flush();
  // Before anybody is let in or heard.
  await safety.load();
  const unlisten = await wakeups.listen(onHint, () => {
    waiters.forgetAll();
    void look();
  });
  const timers = [
    setInterval(() => void flush(), Math.max(20, settings.contactFlushMs / (clock.speed || 1))),
    setInterval(() => {
      failing.clear();
      void look();
      void fire.ring();
      void silence.ring();
    }, LOOK_MS),
    setInterval(() => void follow(), FOLLOW_MS),
    setInterval(() => void turn(), TURN_MS),
  ];
  void look();
  void fire.ring();
  void silence.ring();
  void follow();
  void turn();

  async function endLogins(reason: LoginEnd, userId?: string): Promise<number> {
    const open = await openLogins(db, OPEN_LOGINS_LIMIT);
    let ended = 0;
    for (const { id, userId: owner } of open) {
      if (userId !== undefined && owner !== userId) continue;
      await callers.prepare(owner);
      ended += await floorWork(context, async (work) => {
        const login = await work.login(id);
        if (!login || login.endedAt !== null) return 0;
        await closeLogin(work, login, reason, 'system');
        return 1;
      });
    }
    return ended;
  }

  return {
    ...agents.calls,
    ...createAgentTools(context, { loggedIn: agents.loggedIn, callers }),
    ...createEarlierLines(db),
    ...createDirectory(db),
    files: createFiles(context, settings.uploadLimitBytes ?? UPLOAD_LIMIT_BYTES, assertOpen),
    async connectAgent(agent, listener) {
      await callers.prepare(agent.userId);
      return agents.calls.connectAgent(agent, listener);
    },
    visitor: visitors,
    supervisor: createSupervisors(context, journal, callers, assertOpen),
    views: {
      watchBoard: boards.watchBoard,
      watchChat: watching.watchChat,
      agentSneakPeek: watching.agentSneakPeek,
    },
    async openLogins() {
      const now = await clock.now();
      const logins = await openLogins(db, OPEN_LOGINS_LIMIT);
      return logins.map((login) => {
        const { engaged, offered, capacity } = current(login.meter);
        return {
          loginId: String(login.id),
          userId: login.userId,
          status: login.status,
          connected: login.connected,
          loginAt: login.startedAt,
          statusSince: login.statusSince,
          contactAt: Math.max(login.contactAt, login.meter.contactAt),
          capacity,
          engaged,
          offered,
          figures: figuresAt(login.meter, now),
        };
      });
    },
    closeFloor: async (reason) => {
      await contacts.flush();
      return endLogins(reason);
    },
    logOutUser: async (userId, reason) => (await endLogins(reason, userId)) > 0,
    async drain() {
      draining = true;
      waiters.drain();
      await journal.idle();
    },
    async stop() {
      if (stopped) return;
      draining = true;
      stopped = true;
      waiters.drain();
      for (const timer of timers) clearInterval(timer);
      fire.stop();
      silence.stop();
      boards.stop();
      watching.stop();
      await journal.idle();
      await polls.idle();
      await Promise.all([flush(), look(), fire.ring(), silence.ring(), follow(), turn()]);
      await works.idle();
      await contacts.flush().catch(onError);
      await wakeups.idle();
      await unlisten();
      // Others learn at once that this process is gone; its logins stay, to be resumed.
      await db.query('DELETE FROM floor_node WHERE id = $1', [nodeId]).catch(onError);
    },
    async tick() {
      for (const part of [flush, turn, follow, fire.ring, silence.ring, look]) {
        await part(); // may be one that had begun before
        await part();
      }
    },
  };
}

/** A part of the clockwork: runs alone, joins a run under way; a failure is told and tried again at the next turn. */
function turning(onError: (error: unknown) => void, work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
}

/** Callers of agents, fetched before the floor is locked: under the lock no second connection may be asked for. */
function createCallers(deps: FloorDeps) {
  const remembered = new Map<string, Caller>();
  return {
    known: (userId: string) => remembered.get(userId),
    async prepare(userId: string): Promise<void> {
      if (remembered.size >= CALLERS_REMEMBERED) remembered.clear();
      try {
        remembered.set(userId, await deps.callerFor(userId));
      } catch (error) {
        // A user who may no longer sign in still leaves a session; the server saves it.
        if (!(error instanceof ApiError)) throw error;
        remembered.delete(userId);
      }
    },
  };
}
