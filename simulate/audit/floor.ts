/**
 * The floor as a whole: one order of everything, no chat in front of two agents, and the three places where an offer or
 * an engagement is written down (log of the login, log of the chat, its own row) saying the same at the same time.
 */
import type { Findings } from './difference.js';
import type { Stored } from './stored.js';

/** Types of the chat's log that tell of an event of a login. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  offer: ['PushAssignment', 'ChoiceRoute', 'TransferRequest', 'ConferenceRequest'],
  engage: ['Accept', 'Transfer', 'OperatorJoinedConference'],
  decline: ['DeclineManual'],
  timeout: ['DeclineTimeout'],
  flagRaise: ['FlagRaised'],
  flagLowerAgent: ['FlagLoweredAgent'],
  flagLowerSupervisor: ['FlagLoweredSupervisor'],
};

/** How an offer that ended is called in the log of its login. Refused invitations are withdrawn there. */
const ENDED: Readonly<Record<string, string>> = {
  accepted: 'engage',
  declined: 'decline',
  timedOut: 'timeout',
  withdrawn: 'withdraw',
};

const isInvitation = (kind: string) => kind === 'transfer' || kind === 'conference';

/** Gives the logins of which a time-out was found so late that it carries an earlier time. */
export function auditFloor(findings: Findings, stored: Stored, graceMs: number): ReadonlySet<number> {
  const late = auditOrder(findings, stored, graceMs);
  auditOffers(findings, stored);
  auditTwoLogs(findings, stored);
  auditOwnRows(findings, stored);
  return late;
}

/**
 * Times ascend in the order in which the floor was changed, because they are read under its lock. Only a time-out found
 * late, by more than the grace, carries the moment it was due. When it was found is between what was written before it
 * and what was written after it: on a floor where nothing happened for long, only the latter tells.
 */
function auditOrder(findings: Findings, stored: Stored, graceMs: number): ReadonlySet<number> {
  const late = new Set<number>();
  let latest = { at: Number.NEGATIVE_INFINITY, loginId: 0, seq: 0 };
  for (const [i, event] of stored.written.entries()) {
    const foundBy = () => stored.written.find(({ at }, j) => j > i && at > latest.at)?.at ?? event.at;
    const isLate = event.dueAt !== null && event.at < latest.at && foundBy() - event.dueAt > graceMs;
    findings.holds(
      event.at >= latest.at || isLate,
      `event ${event.seq} of login ${event.loginId}`,
      'at',
      `not before ${latest.at}, when event ${latest.seq} of login ${latest.loginId} was written before it`,
      `${event.at} (${event.kind}): a time from before the lock`,
    );
    if (isLate) late.add(event.loginId);
    if (event.at > latest.at) latest = event;
  }
  return late;
}

/** A request is in front of one agent at a time; invitations to a conference come beside it. */
function auditOffers(findings: Findings, stored: Stored): void {
  let before: Stored['offers'][number] | undefined;
  for (const offer of stored.offers) {
    if (offer.kind === 'conference') continue;
    if (before?.chatId === offer.chatId) {
      findings.holds(
        before.endedAt !== null && before.endedAt <= offer.offeredAt,
        `chat ${offer.chatId}`,
        `offer ${offer.generation}`,
        `made after offer ${before.generation} had ended (${before.endedAt})`,
        `made at ${offer.offeredAt} to login ${offer.loginId}, while login ${before.loginId} had it`,
      );
    }
    before = offer;
  }
  for (const offer of stored.offers) {
    findings.holds(
      offer.state !== 'open',
      `chat ${offer.chatId}`,
      `offer ${offer.generation}`,
      'ended with the day',
      'still open',
    );
  }
}

/** Login and chat tell of the same thing at the same time. */
function auditTwoLogs(findings: Findings, stored: Stored): void {
  const ofLogins: string[] = [];
  for (const events of stored.events.values()) {
    for (const { loginId, chatId, kind, at } of events) {
      if (kind in TOLD) ofLogins.push(`${kind} in chat ${chatId} by login ${loginId} at ${at}`);
    }
  }
  const kindOf = new Map(Object.entries(TOLD).flatMap(([kind, types]) => types.map((type) => [type, kind])));
  const ofChats: string[] = [];
  const logins = new Set(stored.logins.map(({ id }) => id));
  for (const events of stored.chatEvents.values()) {
    for (const [i, { loginId, chatId, type, at }] of events.entries()) {
      const before = events[i - 1];
      // a chat taken over from a button's queue is noted twice: accepted, and with it transferred
      if (type === 'Transfer' && before?.type === 'Accept' && before.loginId === loginId) continue;
      const kind = kindOf.get(type);
      if (kind !== undefined && loginId !== null && logins.has(loginId)) {
        ofChats.push(`${kind} in chat ${chatId} by login ${loginId} at ${at}`);
      }
    }
  }
  compareLists(findings, 'the log of the logins', ofLogins, 'the logs of the chats', ofChats);
}

/** Offers and engagements as rows, against the logs of the logins. */
function auditOwnRows(findings: Findings, stored: Stored): void {
  const ofLogins: string[] = [];
  const counted = new Set(['offer', 'engage', 'disengage', ...Object.values(ENDED)]);
  for (const events of stored.events.values()) {
    for (const { loginId, chatId, kind, at } of events) {
      if (counted.has(kind)) ofLogins.push(`${kind} in chat ${chatId} by login ${loginId} at ${at}`);
    }
  }
  const ofRows: string[] = [];
  for (const { chatId, loginId, kind, state, offeredAt, endedAt } of stored.offers) {
    ofRows.push(`offer in chat ${chatId} by login ${loginId} at ${offeredAt}`);
    const ended = isInvitation(kind) && state !== 'accepted' ? 'withdraw' : ENDED[state];
    if (ended !== undefined) ofRows.push(`${ended} in chat ${chatId} by login ${loginId} at ${endedAt}`);
  }
  for (const { chatId, loginId, endedAt } of stored.engagements) {
    if (endedAt !== null) ofRows.push(`disengage in chat ${chatId} by login ${loginId} at ${endedAt}`);
  }
  compareLists(findings, 'the log of the logins', ofLogins, 'the rows of offers and engagements', ofRows);
}

/** Two lists that must hold the same, each as often. */
function compareLists(
  findings: Findings,
  name: string,
  list: readonly string[],
  otherName: string,
  other: readonly string[],
): void {
  const left = new Map<string, number>();
  for (const item of other) left.set(item, (left.get(item) ?? 0) + 1);
  for (const item of list) {
    const n = left.get(item) ?? 0;
    findings.holds(n > 0, item, otherName, 'the same', `only in ${name}`);
    left.set(item, n - 1);
  }
  for (const [item, n] of left) findings.holds(n <= 0, item, name, 'the same', `only in ${otherName}`);
}
