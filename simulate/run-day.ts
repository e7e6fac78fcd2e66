/**
 * One simulated day: agents come to work, visitors arrive one after the other, servers may be killed, and at the end
 * everybody goes home and the last rows are waited for.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Database } from '../src/store/database.js';
import { runAdministrator } from './administrator.js';
import { runAgent } from './agent.js';
import { createVisitorSockets } from './chat-rest-client.js';
import { createTally, type Day, type Tally } from './day.js';
import type { AgentDiary, VisitorDiary, WhisperDiary } from './diary.js';
import { type Organization, tokenOf } from './organization.js';
import { createPace, type Pace } from './pace.js';
import type { Random } from './random.js';
import type { ServerProcess, SimulatedServer } from './servers.js';
import { runSupervisor } from './supervisor.js';
import { runVisitor } from './visitor.js';

export interface Plan {
  readonly visitors: number;
  /** Of the floor. */
  readonly minutes: number;
  readonly graceSeconds: number;
  /** Kill servers at random; they must be processes. */
  readonly kill: boolean;
}

/** All that the audit needs of what the clients saw. */
export interface Diaries {
  readonly agents: readonly AgentDiary[];
  readonly visitors: readonly VisitorDiary[];
  readonly whispers: readonly WhisperDiary[];
  /** In words: what clients were answered and must never be. */
  readonly problems: readonly string[];
  /** Servers were killed. */
  readonly isRough: boolean;
}

export interface DayResult extends Diaries {
  readonly tally: Tally;
  readonly pace: Pace;
}

export interface DayParts {
  readonly db: Database;
  readonly organization: Organization;
  readonly servers: readonly (SimulatedServer | ServerProcess)[];
  readonly random: Random;
  readonly plan: Plan;
  /** Called now and then with what happened so far. */
  readonly progress?: (tally: Tally, floorMs: number) => void;
  /** Ends the day early. */
  readonly interrupted?: AbortSignal;
}

/** Visitors come in the first part of the day, so that most chats have time to end by themselves. */
const ARRIVALS = 0.85;
/** Real ms the last rows may take, beyond what grace and time-outs of the floor need. */
const LAST_ROWS_MS = 60_000;
const PROGRESS_MS = 500;

export async function runDay(parts: DayParts): Promise<DayResult> {
  const { db, organization, servers, plan, random } = parts;
  const pace = await createPace(db);
  const over = new AbortController();
  // everybody listens for the end of the day
  setMaxListeners(0, over.signal);
  const tally = createTally();
  const problems: string[] = [];
  const sockets = createVisitorSockets();
  const day: Day = {
    pace,
    random,
    organization,
    urls: servers.map(({ url }) => url),
    sockets,
    over: over.signal,
    tally,
    flags: new Set(),
    running: new Set(),
    blocked: new Set(),
    comeAgain(visitor) {
      const again = newVisitor(`${visitor.name}-again`, visitor.address, visitor.confirms);
      visitors.push(again);
      return again;
    },
    problem: (what) => problems.push(what),
    tokenOf: (userId) => tokenOf(db, organization.organizationId, userId),
    isRough: plan.kill,
    graceMs: plan.graceSeconds * 1000,
  };
  const began = pace.now();
  const length = plan.minutes * 60_000;
  const ticker = setInterval(() => parts.progress?.(tally, pace.now() - began), PROGRESS_MS);

  const agents = organization.agents.map(
    ({ userId, name }): AgentDiary => ({
      userId,
      name,
      logins: new Map(),
      tries: 0,
      said: [],
      fetched: [],
      pages: [],
    }),
  );
  const whispers: WhisperDiary[] = [];
  const arrivals = random.fork('arrivals');
  const visitors = Array.from(
    { length: plan.visitors },
    (_, i): VisitorDiary => visitorOf(i, arrivals, organization.mark),
  );
  const times = visitors.map(() => arrivals.between(0, length * ARRIVALS)).sort((a, b) => a - b);

  const running = [
    ...organization.agents.map((spec, i) => runAgent(day, spec, i, agents[i] as AgentDiary)),
    ...organization.supervisors.map((spec, i) => runSupervisor(day, spec, i, whispers)),
    runAdministrator(day),
    ...times.map(async (time, i) => {
      await pace.sleep(time, over.signal);
      if (!over.signal.aborted) await runVisitor(day, i, visitors[i] as VisitorDiary);
    }),
  ];
  const work = Promise.allSettled(running);
  const killing = plan.kill ? killServers(day, servers as readonly ServerProcess[]) : Promise.resolve();
  await pace.sleep(length, parts.interrupted);
  over.abort();
  await killing;
  for (const result of await work) {
    if (result.status === 'rejected') problems.push(`somebody gave up: ${String(result.reason)}`);
  }
  problems.push(...(await lastRows(db, organization, plan, pace)));
  clearInterval(ticker);
  parts.progress?.(tally, pace.now() - began);
  sockets.destroy();
  return { agents, visitors, whispers, problems, isRough: plan.kill, tally, pace };
}

/** Visitors who share the address of another one: who is blocked is blocked with the household. */
const SHARED_ADDRESSES = 0.25;

function visitorOf(number: number, random: Random, mark: string): VisitorDiary {
  const household =
    number > 0 && random.chance(SHARED_ADDRESSES)
      ? random.whole(Math.max(0, number - 12), number - 1)
      : number;
  return newVisitor(`visitor-${number + 1}.${mark}`, addressOf(mark, household), random.chance(0.7));
}

function newVisitor(name: string, address: string, confirms: boolean): VisitorDiary {
  return {
    name,
    address,
    sessionId: '',
    asked: false,
    acknowledged: [],
    unsure: [],
    heard: [],
    sent: [],
    fileNews: [],
    established: 0,
    transferred: 0,
    failed: null,
    ended: null,
    stayed: false,
    reconnects: 0,
    confirms,
  };
}

/** An address of the range for documentation, of this simulation only. */
function addressOf(mark: string, household: number): string {
  const organization = createHash('sha256').update(mark).digest();
  const parts = [organization.readUInt16BE(0), organization.readUInt16BE(2), household + 1];
  const [first, second, last] = parts.map((part) => part.toString(16));
  return `2001:db8:${first}:${second}::${last}`;
}

/** Real ms between two kills, and how long a killed server stays away. */
const KILL_EVERY_MS = [6_000, 16_000] as const;
const AWAY_MS = [0, 3_000] as const;

async function killServers(day: Day, servers: readonly ServerProcess[]): Promise<void> {
  const luck = day.random.fork('kills');
  for (;;) {
    await day.pace.sleep(luck.between(...KILL_EVERY_MS) * day.pace.speed, day.over);
    if (day.over.aborted) return;
    const victim = luck.pick(servers);
    day.tally.kills += 1;
    await victim.kill();
    await day.pace.sleep(luck.between(...AWAY_MS) * day.pace.speed);
    await victim.start();
  }
}

/** Waits until no login of the simulation is open and every chat has its transcript. */
async function lastRows(db: Database, organization: Organization, plan: Plan, pace: Pace): Promise<string[]> {
  const patience = LAST_ROWS_MS + pace.real(plan.graceSeconds * 1000 * 3 + 60_000);
  const began = performance.now();
  for (;;) {
    const [left] = await db.query<{ logins: number; chats: number; unwritten: number; files: number }>(
      `SELECT (SELECT count(*) FROM login WHERE ended_at IS NULL AND user_id = ANY ($1)) AS logins,
         (SELECT count(*) FROM chat WHERE state <> 'ended' AND deployment_id = $2) AS chats,
         (SELECT count(*) FROM chat WHERE transcript_id IS NULL AND deployment_id = $2) AS unwritten,
         (SELECT count(*) FROM file_transfer f JOIN chat c ON c.id = f.chat_id
           WHERE f.due_at IS NOT NULL AND c.deployment_id = $2) AS files`,
      [organization.agents.map(({ userId }) => userId), organization.deploymentId],
    );
    if (left && left.logins + left.chats + left.unwritten + left.files === 0) return [];
    if (performance.now() - began > patience) {
      return [
        `not everything came to an end: ${left?.logins} logins open, ${left?.chats} chats running, ${left?.unwritten} without a transcript, ${left?.files} files under way`,
      ];
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
