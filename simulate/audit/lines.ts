/**
 * What was said: every line a server acknowledged is stored once and in its speaker's order, and each side heard what
 * the other said, once and in order.
 */
import type { EngagedChat, LiveEvent } from '../../src/api/live/schema.js';
import type { AgentDiary, LoginDiary, VisitorDiary } from '../diary.js';
import type { Diaries } from '../run-day.js';
import type { Findings } from './difference.js';
import type { Stored, StoredLine } from './stored.js';

export function auditLines(findings: Findings, stored: Stored, diaries: Diaries): void {
  const chatOf = new Map(stored.chats.map((chat) => [chat.chatKey, chat]));
  for (const visitor of diaries.visitors) {
    const chat = chatOf.get(visitor.sessionId);
    if (chat === undefined) {
      findings.same(visitor.name, 'lines acknowledged without a chat', 0, visitor.acknowledged.length);
      continue;
    }
    auditVisitor(findings, visitor, stored.lines.get(chat.id) ?? [], diaries);
    const established = visitor.established > 0;
    if (visitor.stayed && !diaries.isRough) {
      findings.same(visitor.name, 'ChatEstablished heard', chat.establishedAt !== null, established);
    }
    findings.holds(
      !established || chat.establishedAt !== null,
      visitor.name,
      'ChatEstablished heard',
      'in an established chat only',
      `in chat ${chat.id}`,
    );
  }
  for (const agent of diaries.agents) {
    auditAgent(findings, agent, stored);
    auditPages(findings, agent, stored);
    for (const login of agent.logins.values()) auditHeard(findings, agent.name, login, stored);
  }
  for (const { chatId, sequence, text } of diaries.whispers) {
    const line = lineAt(stored, chatId, sequence);
    findings.same(
      `whisper in chat ${chatId}`,
      `line ${sequence}`,
      ['whisper', text],
      line && [line.kind, line.text],
    );
  }
}

function lineAt(stored: Stored, chatId: string, sequence: number): StoredLine | undefined {
  return stored.lines.get(Number(chatId))?.[sequence - 1];
}

function auditVisitor(
  findings: Findings,
  visitor: VisitorDiary,
  lines: readonly StoredLine[],
  diaries: Diaries,
): void {
  const name = `${visitor.name} (${visitor.confirms ? 'with' : 'without'} ack${visitor.reconnects > 0 ? `, ${visitor.reconnects} reconnects` : ''})`;
  const said = lines.filter(({ kind }) => kind === 'visitor').map(({ text }) => text);
  const unsure = new Set(visitor.unsure);
  findings.same(
    name,
    'acknowledged lines as stored',
    visitor.acknowledged,
    said.filter((text) => !unsure.has(text)),
  );
  for (const text of unsure) {
    const times = said.filter((one) => one === text).length;
    findings.holds(times <= 1, name, `times “${text}” is stored`, 'at most 1', times);
  }
  const answered = lines.filter(({ kind }) => kind === 'agent').map(({ text }) => text);
  // who confirms what it got has everything up to where it stopped; the others lose what a kill took away
  const isCareful = visitor.confirms || !diaries.isRough;
  const expected = visitor.stayed && isCareful ? answered : answered.slice(0, visitor.heard.length);
  if (isCareful) findings.same(name, 'lines of agents heard', expected, visitor.heard);
  else
    findings.holds(isPartOf(visitor.heard, answered), name, 'lines of agents heard', answered, visitor.heard);
}

/** Whether all of `part` stands in `all`, in the same order. */
function isPartOf(part: readonly string[], all: readonly string[]): boolean {
  let next = 0;
  for (const item of all) if (part[next] === item) next += 1;
  return next === part.length;
}

function auditAgent(findings: Findings, agent: AgentDiary, stored: Stored): void {
  const lastIn = new Map<string, number>();
  for (const { chatId, sequence, text } of agent.said) {
    const name = `${agent.name} in chat ${chatId}`;
    const line = lineAt(stored, chatId, sequence);
    findings.same(name, `line ${sequence}`, ['agent', text], line && [line.kind, line.text]);
    const times = stored.lines.get(Number(chatId))?.filter((one) => one.text === text).length;
    findings.same(name, `times “${text}” is stored`, 1, times);
    const last = lastIn.get(chatId) ?? 0;
    findings.holds(sequence > last, name, `number of “${text}”`, `above ${last}`, sequence);
    lastIn.set(chatId, sequence);
  }
}

/** What an agent was answered when it asked for earlier lines. */
function auditPages(findings: Findings, agent: AgentDiary, stored: Stored): void {
  for (const { chatId, beforeSequence, limit, lines } of agent.pages) {
    const before = (stored.lines.get(Number(chatId)) ?? []).slice(0, beforeSequence - 1);
    findings.same(
      `${agent.name} in chat ${chatId}`,
      `${limit} lines before ${beforeSequence}`,
      before.slice(-limit).map(({ sequence, kind, text }) => [sequence, kind, text]),
      lines,
    );
  }
}

/** From the start of a chat to its end the agent's client heard every line, in order. */
function auditHeard(findings: Findings, agent: string, login: LoginDiary, stored: Stored): void {
  const heard = new Map<string, number>();
  // chats that were accepted by themselves as the login began
  for (const chat of login.first?.chats ?? []) hearStart(findings, agent, chat, heard, stored);
  for (const event of login.told) {
    if (event.type === 'chatStarted') hearStart(findings, agent, event.chat, heard, stored);
    else if (event.type === 'line') hearLine(findings, agent, event, heard, stored);
    else if (event.type === 'chatEnded' && !event.left) {
      const stands = stored.lines.get(Number(event.chatId))?.length ?? 0;
      findings.same(
        `${agent} in chat ${event.chatId}`,
        'lines heard until its end',
        stands,
        heard.get(event.chatId),
      );
    }
  }
}

function hearStart(
  findings: Findings,
  agent: string,
  chat: EngagedChat,
  heard: Map<string, number>,
  stored: Stored,
): void {
  const { chatId } = chat.chat;
  const shown = chat.lines.map(({ sequence, text }) => [sequence, text]);
  const stands = (stored.lines.get(Number(chatId)) ?? []).slice(0, shown.length);
  findings.same(
    `${agent} in chat ${chatId}`,
    'lines shown at its start',
    stands.map(({ sequence, text }) => [sequence, text]),
    shown,
  );
  heard.set(chatId, shown.length);
}

function hearLine(
  findings: Findings,
  agent: string,
  { line }: Extract<LiveEvent, { type: 'line' }>,
  heard: Map<string, number>,
  stored: Stored,
): void {
  const name = `${agent} in chat ${line.chatId}`;
  findings.same(name, 'next line heard', (heard.get(line.chatId) ?? 0) + 1, line.sequence);
  findings.same(
    name,
    `text of line ${line.sequence}`,
    lineAt(stored, line.chatId, line.sequence)?.text,
    line.text,
  );
  heard.set(line.chatId, line.sequence);
}
