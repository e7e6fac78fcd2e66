/**
 * What the agents' own clients saw of each login, against its log: counters, the times by what they were told, and the
 * times by a stopwatch of their own.
 */
import type { LoginDiary } from '../diary.js';
import type { Diaries } from '../run-day.js';
import type { Findings } from './difference.js';
import { COUNT_NAMES, loginName, SPAN_NAMES } from './logins.js';
import { type Counts, type Moment, noCounts, type Refolded, spansBetween } from './refold.js';
import type { Stored, StoredLogin } from './stored.js';

export interface ClientTolerance {
  /** The longest any client waited for an answer, real ms: what a crowded machine adds to the way to a screen. */
  readonly slowestMs: number;
  readonly graceMs: number;
  readonly speed: number;
  readonly heartbeatMs: number;
  readonly flushMs: number;
}

/** Also: logins with a time-out that was found late, which their clients were told of when it was found. */
type Tolerance = ClientTolerance & { readonly late: ReadonlySet<number> };

/** Real ms the way to a client's screen may take. */
const ON_ITS_WAY_MS = 1_000;

export function auditClients(
  findings: Findings,
  stored: Stored,
  refolded: ReadonlyMap<number, Refolded>,
  diaries: Diaries,
  tolerance: Tolerance,
): void {
  const logins = new Map(stored.logins.map((login) => [String(login.id), login]));
  for (const agent of diaries.agents) {
    for (const diary of agent.logins.values()) {
      const name = loginName(diary.loginId, agent.name);
      const login = logins.get(diary.loginId);
      const truth = login && refolded.get(login.id);
      if (!login || !truth) {
        findings.holds(false, name, 'the login', 'stored', 'only seen by its client');
        continue;
      }
      auditCounts(findings, name, diary, truth);
      // lost or sent home a moment before, the agent may have logged out of its next login
      if (diary.sessionId !== null && login.endReason === 'logout') {
        findings.same(name, 'LiveAgentSession named at logout', diary.sessionId, login.sessionId);
      }
      const isExact = diary.isComplete && sawAll(diary) && !tolerance.late.has(login.id);
      if (isExact && !diaries.isRough) auditTold(findings, name, diary, truth);
      auditStopwatch(findings, name, diary, truth, tolerance, diaries.isRough);
      auditLastContact(findings, name, diary, login, truth, tolerance, diaries.isRough);
    }
  }
}

/** What the first snapshot of a login and the events after it say. */
export function toldCounts({ first, told }: LoginDiary): Counts {
  const counts = noCounts();
  const invitations = new Set<string>();
  counts.assigned = (first?.offers.length ?? 0) + (first?.chats.length ?? 0);
  counts.engaged = first?.chats.length ?? 0;
  for (const event of told) {
    switch (event.type) {
      case 'offered':
        counts.assigned += 1;
        if (event.offer.kind === 'transfer' || event.offer.kind === 'conference')
          invitations.add(event.offer.offerId);
        break;
      case 'chatStarted':
        counts.engaged += 1;
        break;
      case 'offerEnded':
        if (invitations.has(event.offerId)) break;
        if (event.reason === 'declined') counts.declined += 1;
        if (event.reason === 'pushTimeout') counts.timedOut += 1;
        break;
      case 'flagRaised':
        counts.flagRaised += 1;
        break;
      case 'flagLowered':
        if (event.by === 'agent') counts.flagLoweredAgent += 1;
        else counts.flagLoweredSupervisor += 1;
        break;
    }
  }
  return counts;
}

/** Whether the first snapshot explains every event before it: one for Away, one for an offer, two for a chat and its greeting. */
function sawAll({ first }: LoginDiary): boolean {
  if (first === undefined) return false;
  const greetings = first.chats.flatMap(({ lines }) => lines.filter(({ kind }) => kind === 'agent'));
  const explained =
    (first.status === 'Away' ? 1 : 0) + first.offers.length + 2 * first.chats.length + greetings.length;
  return first.lastEventId === explained;
}

/** Equal; a client whose line broke for good may have missed the last of it. */
function auditCounts(findings: Findings, name: string, diary: LoginDiary, truth: Refolded): void {
  const seen = toldCounts(diary);
  const knowsAll = diary.isComplete && sawAll(diary);
  for (const count of COUNT_NAMES) {
    const isRight = knowsAll ? seen[count] === truth.counts[count] : seen[count] <= truth.counts[count];
    const few = knowsAll ? '' : ' or less';
    findings.holds(
      isRight,
      name,
      `${count} as its client saw it`,
      `${truth.counts[count]}${few}`,
      seen[count],
    );
  }
}

/** Every event carries its time: what a client was told adds up to the same milliseconds. */
function auditTold(findings: Findings, name: string, diary: LoginDiary, truth: Refolded): void {
  const history: Moment[] = [];
  const offers = new Set<string>();
  const chats = new Set<string>();
  const loginAt = diary.first?.loginAt ?? Number.NaN;
  let status: string = diary.first?.status ?? '';
  let capacity = diary.first?.settings.capacity ?? null;
  for (const { offerId } of diary.first?.offers ?? []) offers.add(offerId);
  for (const { chat } of diary.first?.chats ?? []) chats.add(chat.chatId);
  const note = (from: number) =>
    history.push({ from, status, capacity, engaged: chats.size, offered: offers.size });
  note(loginAt);
  for (const event of diary.told) {
    switch (event.type) {
      case 'statusChanged':
        status = event.status;
        break;
      case 'settingsChanged':
        capacity = event.settings.capacity;
        break;
      case 'offered':
        offers.add(event.offer.offerId);
        break;
      case 'offerEnded':
        offers.delete(event.offerId);
        break;
      case 'chatStarted':
        offers.delete(event.offerId ?? '');
        chats.add(event.chat.chat.chatId);
        break;
      case 'chatEnded':
        chats.delete(event.chatId);
        break;
      default:
        // lines are not said under the floor's lock: their times may lie before those of events heard earlier
        continue;
    }
    note(event.at);
  }
  const told = spansBetween(history, loginAt, truth.contactAt);
  findings.same(name, 'beginning as its client was told', truth.loginAt, loginAt);
  for (const span of SPAN_NAMES) {
    findings.same(name, `${span} by what its client was told`, truth.spans[span], told[span]);
  }
}

function auditStopwatch(
  findings: Findings,
  name: string,
  diary: LoginDiary,
  truth: Refolded,
  tolerance: ClientTolerance,
  isRough: boolean,
): void {
  const { times, transitions } = diary.watch;
  const { speed, heartbeatMs, flushMs, slowestMs } = tolerance;
  // until the first contact after it is lost, a client does not know what became of its login
  const unknown =
    diary.gapMs + (diary.isComplete && !isRough ? 0 : truth.at - truth.contactAt + heartbeatMs + flushMs);
  const most = Math.max(ON_ITS_WAY_MS, slowestMs) * speed * (transitions + 1) + unknown;
  for (const span of SPAN_NAMES) {
    const off = Math.abs(times[span] - truth.spans[span]);
    findings.holds(
      off <= most,
      name,
      `${span} by its client's own stopwatch`,
      `${truth.spans[span]} within ${Math.round(most)} ms`,
      Math.round(times[span]),
    );
  }
}

/**
 * A lost login ends at its last contact: when the last frame left its client, or a heartbeat earlier where that frame
 * never arrived; where a server was killed, also what it had not yet written down.
 */
function auditLastContact(
  findings: Findings,
  name: string,
  diary: LoginDiary,
  login: StoredLogin,
  truth: Refolded,
  { speed, heartbeatMs, flushMs, slowestMs }: ClientTolerance,
  isRough: boolean,
): void {
  if (login.endReason !== 'lost' || Number.isNaN(diary.lastSentAt)) return;
  // the frame's way to the server, and the second by which the two read the floor's clock differently
  const slack = (ON_ITS_WAY_MS + slowestMs) * speed;
  const early = diary.lastSentAt - truth.contactAt;
  const late = truth.contactAt - diary.lastTriedAt;
  const mayBe = heartbeatMs + (isRough ? flushMs : 0) + slack;
  findings.holds(
    early <= mayBe && late <= slack,
    name,
    'last contact of a lost login before the last frame its client sent',
    `from 0 to ${mayBe} ms`,
    `${Math.round(early)} ms`,
  );
}
