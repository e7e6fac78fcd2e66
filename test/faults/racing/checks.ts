/**
 * What must hold after a race, by the rows and by what the clients saw. Each check gives the sentences that say what does
 * not; it reads the logs with code of its own.
 */
import { isDeepStrictEqual } from 'node:util';
import { createFindings, inWords } from '../../../simulate/audit/difference.js';
import { auditFloor as auditOrder } from '../../../simulate/audit/floor.js';
import { auditLogins } from '../../../simulate/audit/logins.js';
import { readRows } from '../../../simulate/audit/rows.js';
import { readStored, type Stored } from '../../../simulate/audit/stored.js';
import { auditTranscripts } from '../../../simulate/audit/transcripts.js';
import type { LiveEvent } from '../../../src/api/live/schema.js';
import type { Queryable } from '../../../src/store/database.js';
import type { Diary } from './agents.js';
import type { Organization } from './organization.js';
import type { VisitorDiary } from './visitors.js';

/** Reasons a pick, and whatever else came late, is refused for (docs/agent-protocol.md, `pickChat`). */
const REFUSED_PICK =
  /^(chat \d+ does not wait to be picked|the agent has no room|the agent is Offline|the login has ended)$/;

/** How often a server looks for what it was not told (DECISIONS 4). */
const LOOK_MS = 2_000;

export interface Race {
  readonly db: Queryable;
  readonly url: string;
  readonly organization: Organization;
  readonly agents: readonly Diary[];
  readonly visitors: readonly VisitorDiary[];
  readonly graceMs: number;
}

/** Everything, once all chats have ended and everybody has logged out. */
export async function findFaults(race: Race): Promise<string[]> {
  const { organization, db } = race;
  const stored = await readStored(db, organization);
  const rows = await readRows(
    race.url,
    await organization.tokenOf(organization.administratorId),
    organization,
  );
  const findings = createFindings();
  // Who finds a time-out late by more than the grace looks every 2 s; what was written before may be that much older.
  auditOrder(findings, stored, race.graceMs - LOOK_MS);
  auditTranscripts(findings, stored, rows);
  auditLogins(findings, stored, rows.sessions, (id) => id);
  return [
    ...findings.all.map(inWords),
    ...race.agents.flatMap(({ problems }) => problems),
    ...race.visitors.flatMap(({ problems }) => problems),
    ...overCapacity(stored),
    ...ownersAtOnce(stored),
    ...givenUp(stored),
    ...lateTimeouts(await timeouts(db)),
    ...race.agents.flatMap((diary) => [...refusedPicks(diary), ...seenByAgent(diary, stored)]),
    ...pickedTwice(race.agents, stored),
    ...race.visitors.flatMap((diary) => seenByVisitor(diary, stored)),
  ];
}

/** No offer to an agent who had no room at that moment. A lowered capacity may be exceeded by what was there before. */
function overCapacity({ events }: Stored): string[] {
  const faults: string[] = [];
  for (const [loginId, log] of events) {
    let load = 0;
    let capacity = 0;
    for (const { kind, detail, seq } of log) {
      if (kind === 'login' || kind === 'capacity') capacity = (detail?.capacity as number | null) ?? 0;
      if (kind === 'offer' && load >= capacity)
        faults.push(
          `login ${loginId}, event ${seq}: an offer beside ${load} chats with a capacity of ${capacity}`,
        );
      if (kind === 'offer') load += 1;
      if (['decline', 'timeout', 'withdraw', 'disengage'].includes(kind)) load -= 1;
    }
  }
  return faults;
}

/** Goes through each chat's own log: one owner at a time, and nobody in it twice. */
function ownersAtOnce({ chatEvents }: Stored): string[] {
  const faults: string[] = [];
  for (const [chatId, log] of chatEvents) {
    /** Logins in the chat, the longest in it first, which inherits it; the first is the owner only after `own`. */
    let present: number[] = [];
    let owner: number | undefined;
    const fault = (seq: number, what: string) => faults.push(`chat ${chatId}, event ${seq}: ${what}`);
    for (const [i, { type, loginId, seq }] of log.entries()) {
      if (loginId === null) continue;
      const isIn = present.includes(loginId);
      switch (type) {
        case 'Accept':
          if (owner !== undefined) fault(seq, `login ${loginId} accepts what login ${owner} has`);
          owner = loginId;
          present.push(loginId);
          break;
        case 'Transfer':
          // taken from a button's queue: Accept stands before it
          if (log[i - 1]?.type === 'Accept') break;
          if (owner === undefined || isIn) fault(seq, `login ${loginId} takes over from ${owner}`);
          present = [...present.filter((id) => id !== owner), loginId];
          owner = loginId;
          break;
        case 'OperatorJoinedConference':
          if (owner === undefined || isIn) fault(seq, `login ${loginId} joins a chat of ${owner}`);
          present.push(loginId);
          break;
        case 'OperatorLeftConference':
          if (!isIn) fault(seq, `login ${loginId} leaves without being in it`);
          present = present.filter((id) => id !== loginId);
          if (owner === loginId) owner = present[0];
          break;
        case 'LeaveAgent':
          if (owner !== loginId) fault(seq, `login ${loginId} gives back what login ${owner} has`);
          if (present.length !== 1) fault(seq, `given back with ${present.length} agents in it`);
          present = [];
          owner = undefined;
          break;
      }
    }
  }
  return faults;
}

/** Each chat has ended as one can; one that was established is never given up for want of an agent. */
function givenUp({ chats, chatEvents }: Stored): string[] {
  const faults: string[] = [];
  for (const { id, state, establishedAt } of chats) {
    const types = (chatEvents.get(id) ?? []).map(({ type }) => type);
    if (state !== 'ended') faults.push(`chat ${id} is ${state}`);
    if (establishedAt !== null && types.some((type) => type === 'CancelNoAgent' || type === 'CancelNoQueue'))
      faults.push(`chat ${id} was given up although an agent had been in it`);
    const ends = types.filter((type) => /^(End|Cancel)(Agent|Visitor|NoAgent|NoQueue)$/.test(type));
    if (ends.length !== 1) faults.push(`chat ${id} ended by ${ends.join(' and ') || 'nothing'}`);
    const failed = types.lastIndexOf('TransferToButtonFailed');
    const next = types.slice(failed + 1);
    if (failed >= 0 && next.includes('CancelNoAgent'))
      faults.push(`chat ${id} was lost on its way back from a button`);
  }
  return faults;
}

interface Timeout {
  readonly chatId: number;
  readonly generation: number;
  readonly isEarly: boolean;
  readonly events: number;
}

/** Offers that timed out: each was due, and is in the log of its login as often as there are such offers of its chat. */
function timeouts(db: Queryable): Promise<Timeout[]> {
  return db.query<Timeout>(
    `SELECT o.chat_id AS "chatId", o.generation, o.ended_at < o.due_at AS "isEarly",
       (SELECT count(*) FROM floor_event e WHERE e.login_id = o.login_id AND e.chat_id = o.chat_id
          AND e.kind = CASE WHEN o.kind IN ('transfer', 'conference') THEN 'withdraw' ELSE 'timeout' END
          AND e.at = o.ended_at) AS events
     FROM offer o WHERE o.state = 'timedOut'`,
  );
}

function lateTimeouts(offers: readonly Timeout[]): string[] {
  return offers
    .filter(({ isEarly, events }) => isEarly || events !== 1)
    .map(
      ({ chatId, generation, isEarly, events }) =>
        `offer ${generation} of chat ${chatId} timed out ${isEarly ? 'early' : `${events} times`}`,
    );
}

function refusedPicks({ agent, refused }: Diary): string[] {
  return refused
    .filter(
      ({ op, code, message }) =>
        op === 'pickChat' && code === 'INVALID_OPERATION' && !REFUSED_PICK.test(message),
    )
    .map(({ message }) => `${agent.name} was refused a pick: ${message}`);
}

/** Whoever was told to have a request picked is the one of whom the log says so. */
function pickedTwice(agents: readonly Diary[], { offers, logins }: Stored): string[] {
  const loginsOf = new Map(logins.map(({ id, userId }) => [id, userId]));
  const hadBy = new Set(
    offers
      .filter(({ state }) => state === 'accepted')
      .map(({ chatId, loginId }) => `${chatId} ${loginsOf.get(loginId)}`),
  );
  return agents.flatMap(({ agent, picked }) =>
    picked
      .filter((chatId) => !hadBy.has(`${chatId} ${agent.userId}`))
      .map((chatId) => `${agent.name} picked chat ${chatId} and never had it`),
  );
}

/** What an agent's tabs were told of a login that they saw to its end adds up to what was counted. */
function seenByAgent({ agent, logins }: Diary, { logins: stored, offers }: Stored): string[] {
  const faults: string[] = [];
  const kindOf = new Map(offers.map(({ chatId, generation, kind }) => [`${chatId}-${generation}`, kind]));
  const isInvitation = (offerId: string) => /transfer|conference/.test(kindOf.get(offerId) ?? '');
  for (const [loginId, seen] of logins) {
    const events = [...seen.values()].sort((a, b) => a.id - b.id);
    // Told of from its first event to its last, or it cannot be added up.
    if (events.length !== events.at(-1)?.id || events.at(-1)?.type !== 'loggedOut') continue;
    const of = <T extends LiveEvent['type']>(type: T) =>
      events.filter((event): event is Extract<LiveEvent, { type: T }> => event.type === type);
    const ended = (reason: string) =>
      of('offerEnded').filter((event) => event.reason === reason && !isInvitation(event.offerId)).length;
    const expected = {
      assigned: of('offered').length,
      engaged: of('chatStarted').length,
      declined: ended('declined'),
      timedOut: ended('pushTimeout'),
      flagRaised: of('flagRaised').length,
      flagLoweredAgent: of('flagLowered').length,
      flagLoweredSupervisor: 0,
    };
    const found = stored.find(({ id }) => String(id) === loginId)?.meter.counters;
    if (!isDeepStrictEqual(expected, found))
      faults.push(
        `${agent.name}, login ${loginId}: saw ${JSON.stringify(expected)}, counted were ${JSON.stringify(found)}`,
      );
    faults.push(...openTransfers(events).map((fault) => `${agent.name}, login ${loginId}: ${fault}`));
    for (const [offerId, n] of tally(
      [...of('offerEnded'), ...of('chatStarted')].map((one) => one.offerId ?? ''),
    ))
      if (n > 1) faults.push(`${agent.name}: offer ${offerId} ended ${n} times`);
    for (const [offerId, n] of tally(of('offered').map(({ offer }) => offer.offerId)))
      if (n > 1) faults.push(`${agent.name}: offer ${offerId} was made ${n} times`);
  }
  return faults;
}

/** A transfer that was asked for comes to an end, or the agent is out of the chat; while it is open no other one begins. */
function openTransfers(events: readonly LiveEvent[]): string[] {
  const faults: string[] = [];
  const open = new Set<string>();
  for (const event of events) {
    if (event.type === 'transfer') {
      if (event.state === 'requested' && open.has(event.chatId))
        faults.push(`two transfers of chat ${event.chatId} at once`);
      if (event.state === 'requested') open.add(event.chatId);
      else open.delete(event.chatId);
    }
    // to a button the agent is out of it before the transfer begins
    if (event.type === 'chatEnded') open.delete(event.chatId);
    if (event.type === 'chatStarted' && open.has(event.chat.chat.chatId))
      faults.push(`chat ${event.chat.chat.chatId} came back and its transfer was still open`);
  }
  return faults;
}

function tally(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Every line that was answered OK is stored once, in order; one that was not, at most once. And the end was heard of. */
function seenByVisitor(
  { name, id, acknowledged, unsure, reconnects, heard }: VisitorDiary,
  stored: Stored,
): string[] {
  const faults: string[] = [];
  const chats = stored.chats.filter(({ chatKey }) => chatKey === id);
  if (chats.length > 1) faults.push(`${name} has ${chats.length} chats`);
  const chat = chats[0];
  const said = (stored.lines.get(chat?.id ?? 0) ?? [])
    .filter(({ kind }) => kind === 'visitor')
    .map(({ text }) => text);
  const sure = said.filter((text) => !unsure.includes(text));
  if (!isDeepStrictEqual(sure, acknowledged))
    faults.push(`${name} said ${JSON.stringify(acknowledged)}, stored is ${JSON.stringify(said)}`);
  for (const [text, n] of tally(said)) if (n > 1) faults.push(`${name}: "${text}" is stored ${n} times`);
  const established = heard.filter(({ type }) => type === 'ChatEstablished').length;
  if (established > 1 + reconnects) faults.push(`${name} heard ChatEstablished ${established} times`);
  if (established === 1 && (chat?.establishedAt ?? null) === null)
    faults.push(`${name} heard ChatEstablished in a chat that nobody took`);
  return faults;
}
