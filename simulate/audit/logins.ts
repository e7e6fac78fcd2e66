/** Each login: its log against the stored state of the meter, to the millisecond, and against its LiveAgentSession row. */
import type { Findings } from './difference.js';
import { type Counts, noCounts, type Refolded, refold, type Spans } from './refold.js';
import type { SessionRow } from './rows.js';
import type { Stored, StoredLogin } from './stored.js';

export const COUNT_FIELDS = {
  assigned: 'ChatReqAssigned',
  engaged: 'ChatReqEngaged',
  declined: 'ChatReqDeclined',
  timedOut: 'ChatReqTimedOut',
  flagRaised: 'NumFlagRaised',
  flagLoweredAgent: 'NumFlagLoweredAgent',
  flagLoweredSupervisor: 'NumFlagLoweredSupervisor',
} as const satisfies Record<keyof Counts, string>;

export const SPAN_FIELDS = {
  onlineMs: 'TimeInOnlineStatus',
  awayMs: 'TimeInAwayStatus',
  idleMs: 'TimeIdle',
  inChatsMs: 'TimeInChats',
  atCapacityMs: 'TimeAtCapacity',
} as const satisfies Record<keyof Spans, string>;

export const COUNT_NAMES = Object.keys(COUNT_FIELDS) as (keyof Counts)[];
export const SPAN_NAMES = Object.keys(SPAN_FIELDS) as (keyof Spans)[];

/** How a login is called in a difference. */
export const loginName = (id: number | string, agent: string) => `login ${id} of ${agent}`;

/** Rounded once, half a second up (DESIGN). */
const whole = (ms: number) => Math.floor(ms / 1000 + 0.5);
/** An instant is cut to its second, as API datetimes are stored. */
const cut = (at: number) => at - (((at % 1000) + 1000) % 1000);

/** Compares state and row of every login; gives what the logs say. */
export function auditLogins(
  findings: Findings,
  stored: Stored,
  rows: ReadonlyMap<string, SessionRow>,
  nameOf: (userId: string) => string,
): ReadonlyMap<number, Refolded> {
  const refolded = new Map<number, Refolded>();
  for (const login of stored.logins) {
    const name = loginName(login.id, nameOf(login.userId));
    const truth = refold(stored.events.get(login.id) ?? []);
    refolded.set(login.id, truth);
    for (const problem of truth.problems)
      findings.holds(false, name, 'the log', 'a possible history', problem);
    auditState(findings, name, truth, login);
    if (login.endedAt !== null) auditRow(findings, name, truth, login, rows.get(login.sessionId ?? ''));
  }
  const known = new Set(stored.logins.map(({ sessionId }) => sessionId));
  for (const row of rows.values()) {
    findings.holds(
      known.has(row.Id),
      `LiveAgentSession ${row.Name}`,
      'its login',
      'one that ended with it',
      'none',
    );
  }
  return refolded;
}

function auditState(findings: Findings, name: string, truth: Refolded, login: StoredLogin): void {
  const { meter } = login;
  const state = (field: string, expected: unknown, found: unknown) =>
    findings.same(name, `${field} of the stored meter`, expected, found);
  for (const count of COUNT_NAMES) state(count, truth.counts[count], meter.counters[count]);
  for (const span of SPAN_NAMES) state(span, truth.spans[span], meter.totals[span]);
  state('contactAt', truth.contactAt, meter.contactAt);
  state('loginAt', truth.loginAt, meter.loginAt);
  state('at', truth.at, meter.at);
  state('lost', truth.isLost, meter.lost);
  state('ended', truth.hasEnded, meter.ended);
  const column = (field: string, expected: unknown, found: unknown) =>
    findings.same(name, `${field} of the login`, expected, found);
  column('status', truth.last.status, login.status);
  column('engaged', truth.last.engaged, login.engaged);
  column('offered', truth.last.offered, login.offered);
  column('capacity', truth.last.capacity, login.capacity);
  column('started_at', truth.loginAt, login.startedAt);
  column('ended_at', truth.hasEnded ? truth.at : null, login.endedAt);
}

function auditRow(
  findings: Findings,
  name: string,
  truth: Refolded,
  login: StoredLogin,
  row: SessionRow | undefined,
): void {
  if (row === undefined) {
    findings.holds(false, name, 'LiveAgentSession', 'one row', 'none');
    return;
  }
  const field = (key: keyof SessionRow, expected: unknown) =>
    findings.same(name, `${key} of LiveAgentSession`, expected, row[key]);
  field('AgentId', login.userId);
  field('OwnerId', login.userId);
  findings.same(name, 'LoginTime of LiveAgentSession', cut(truth.loginAt), Date.parse(row.LoginTime));
  findings.same(name, 'LogoutTime of LiveAgentSession', cut(truth.contactAt), Date.parse(row.LogoutTime));
  for (const count of COUNT_NAMES) field(COUNT_FIELDS[count], truth.counts[count]);
  for (const span of SPAN_NAMES) field(SPAN_FIELDS[span], whole(truth.spans[span]));
  const { counts, spans } = truth;
  const rule = (isRight: boolean, what: string) => findings.holds(isRight, name, what, 'true', 'false');
  rule(
    counts.assigned >= counts.engaged + counts.declined + counts.timedOut,
    'Assigned >= Engaged + Declined + TimedOut',
  );
  rule(counts.flagRaised >= counts.flagLoweredAgent + counts.flagLoweredSupervisor, 'Raised >= Lowered');
  rule(
    spans.onlineMs + spans.awayMs === truth.contactAt - truth.loginAt,
    'Online + Away = LogoutTime - LoginTime',
  );
  const rounded = row.TimeInOnlineStatus + row.TimeInAwayStatus;
  const span = (Date.parse(row.LogoutTime) - Date.parse(row.LoginTime)) / 1000;
  rule(Math.abs(rounded - span) <= 1, 'Online + Away = LogoutTime - LoginTime within a second in the row');
}

/** Adds counts up. */
export function addedUp(all: Iterable<Counts>): Counts {
  const sum = noCounts();
  for (const counts of all) for (const name of COUNT_NAMES) sum[name] += counts[name];
  return sum;
}
