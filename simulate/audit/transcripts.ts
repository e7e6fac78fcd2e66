/** Each chat: its transcript against its log and its lines. */
import { inTranscript } from '../secrets.js';
import type { Findings } from './difference.js';
import type { Rows, TranscriptEventRow, TranscriptRow } from './rows.js';
import type { ChatEvent, Stored, StoredChat, StoredHit, StoredLine } from './stored.js';

const whole = (ms: number) => Math.floor(ms / 1000 + 0.5);
const second = (at: number) => Math.floor(at / 1000);

const ACCEPTED = new Set(['Accept', 'Transfer', 'OperatorJoinedConference']);

/** Status by the chat's log alone (live-agent-chat.md §12.1). */
function statusOf(events: readonly ChatEvent[]): string {
  const types = new Set(events.map(({ type }) => type));
  if (types.has('CancelBlocked') && !types.has('Accept')) return 'Blocked';
  if ([...ACCEPTED].some((type) => types.has(type)))
    return types.has('AgentBlocked') ? 'Blocked' : 'Completed';
  return types.has('ConnectionTimeout') ? 'Dropped' : 'Missed';
}

const ENDED_BY: Readonly<Record<string, string>> = {
  EndAgent: 'Agent',
  AgentBlocked: 'Agent',
  EndVisitor: 'Visitor',
  CancelVisitor: 'Visitor',
  ConnectionTimeout: 'Visitor',
  LeaveVisitor: 'Visitor',
  CancelNoAgent: 'System',
  CancelNoQueue: 'System',
  CancelBlocked: 'System',
  ChasitorIdleTimeout: 'System',
};

export function auditTranscripts(findings: Findings, stored: Stored, rows: Rows): void {
  for (const chat of stored.chats) {
    const name = `chat ${chat.id}`;
    findings.same(name, 'state', 'ended', chat.state);
    const [row, ...more] = rows.transcripts.get(chat.chatKey) ?? [];
    findings.same(name, 'further LiveChatTranscripts', 0, more.length);
    if (row === undefined) {
      findings.holds(false, name, 'LiveChatTranscript', 'one row', 'none');
      continue;
    }
    const events = stored.chatEvents.get(chat.id) ?? [];
    const lines = stored.lines.get(chat.id) ?? [];
    auditFigures(findings, name, chat, events, lines, row);
    auditBody(findings, name, lines, row);
    const hits = stored.hits.get(chat.id) ?? [];
    auditEvents(findings, name, withHits(events, hits), rows.events.get(row.Id) ?? []);
  }
}

function auditFigures(
  findings: Findings,
  name: string,
  chat: StoredChat,
  events: readonly ChatEvent[],
  lines: readonly StoredLine[],
  row: TranscriptRow,
): void {
  const field = (key: keyof TranscriptRow, expected: unknown) =>
    findings.same(name, `${key} of LiveChatTranscript`, expected, row[key]);
  const asked = events[0]?.at ?? Number.NaN;
  const start = events.find(({ type }) => ACCEPTED.has(type))?.at ?? null;
  const endEvent = events.findLast(({ type }) => type in ENDED_BY);
  const end = endEvent?.at ?? Number.NaN;
  field('IpAddress', chat.address);
  field('Status', statusOf(events));
  field('EndedBy', ENDED_BY[endEvent?.type ?? '']);
  findings.same(
    name,
    'RequestTime of LiveChatTranscript',
    second(asked),
    second(Date.parse(row.RequestTime)),
  );
  findings.same(name, 'EndTime of LiveChatTranscript', second(end), second(Date.parse(row.EndTime)));
  findings.same(
    name,
    'StartTime of LiveChatTranscript',
    start === null ? null : second(start),
    row.StartTime === null ? null : second(Date.parse(row.StartTime)),
  );
  field('WaitTime', second(start ?? end) - second(asked));
  field('ChatDuration', start === null ? null : second(end) - second(start));
  const isAbandoned = start === null && ENDED_BY[endEvent?.type ?? ''] === 'Visitor';
  field('Abandoned', isAbandoned ? second(end) - second(asked) : null);
  findings.same(name, 'established_at', start, chat.establishedAt);
  field('OperatorMessageCount', lines.filter(({ kind }) => kind === 'agent').length);
  field('VisitorMessageCount', lines.filter(({ kind }) => kind === 'visitor').length);
  const answers = answerTimes(lines, start);
  const average = (times: readonly number[]) =>
    times.length === 0 ? null : whole(times.reduce((sum, ms) => sum + ms, 0) / times.length);
  const most = (times: readonly number[]) => (times.length === 0 ? null : whole(Math.max(...times)));
  field('AverageResponseTimeOperator', average(answers.agent));
  field('MaxResponseTimeOperator', most(answers.agent));
  field('AverageResponseTimeVisitor', average(answers.visitor));
  field('MaxResponseTimeVisitor', most(answers.visitor));
}

/** From the first line of one side that was not answered to the next line of the other; not before the start. */
function answerTimes(
  lines: readonly StoredLine[],
  start: number | null,
): Record<'agent' | 'visitor', number[]> {
  const times: Record<'agent' | 'visitor', number[]> = { agent: [], visitor: [] };
  const spoken = lines.filter(({ kind }) => kind === 'agent' || kind === 'visitor');
  let first: StoredLine | undefined;
  for (const line of spoken) {
    if (first !== undefined && first.kind !== line.kind) {
      const since = Math.max(first.at, start ?? first.at);
      times[line.kind as 'agent' | 'visitor'].push(Math.max(0, line.at - since));
      first = line;
    }
    first ??= line;
  }
  return times;
}

/** Every line once and in order: of Body without whispers, of SupervisorTranscriptBody with them; custom events nowhere. */
function auditBody(findings: Findings, name: string, lines: readonly StoredLine[], row: TranscriptRow): void {
  const forSupervisors = lines.filter(({ kind }) => kind !== 'custom');
  const forAll = forSupervisors.filter(({ kind }) => kind !== 'whisper');
  auditText(findings, name, 'Body', forAll, row.Body);
  const hasWhispers = forAll.length < forSupervisors.length;
  auditText(
    findings,
    name,
    'SupervisorTranscriptBody',
    hasWhispers ? forSupervisors : [],
    row.SupervisorTranscriptBody,
  );
}

function auditText(
  findings: Findings,
  name: string,
  field: string,
  said: readonly StoredLine[],
  body: string | null,
): void {
  const inBody = (body ?? '').split('<br>').filter((entry) => entry !== '');
  findings.same(name, `lines in ${field} of LiveChatTranscript`, said.length, inBody.length);
  said.forEach((line, i) => {
    const text = inTranscript(line.kind, line.text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    const isThere = inBody[i]?.endsWith(`: ${text}`) ?? false;
    findings.holds(
      isThere,
      name,
      `line ${i + 1} in ${field} of LiveChatTranscript`,
      text,
      inBody[i] ?? 'nothing',
    );
  });
}

const MASKED_TYPES: Readonly<Record<string, string>> = {
  visitor: 'SensitiveDataVisitor',
  agent: 'SensitiveDataAgent',
  whisper: 'SensitiveDataSupervisor',
};

type TypedEvent = Pick<ChatEvent, 'type' | 'at' | 'userId' | 'detail'>;

/** The log of a chat with what was masked in it; of one moment the log comes first. */
function withHits(events: readonly ChatEvent[], hits: readonly StoredHit[]): TypedEvent[] {
  const masked = hits.map(({ kind, at, userId, rules }) => ({
    type: MASKED_TYPES[kind] ?? kind,
    at,
    userId,
    detail: rules,
  }));
  return [...events, ...masked].sort((a, b) => a.at - b.at);
}

function auditEvents(
  findings: Findings,
  name: string,
  events: readonly TypedEvent[],
  rows: readonly TranscriptEventRow[],
): void {
  const expected = events.map(({ type, at, userId, detail }) => [type, second(at), userId, detail]);
  const found = rows.map(({ Type, Time, AgentId, Detail }) => [
    Type,
    second(Date.parse(Time)),
    AgentId,
    Detail,
  ]);
  findings.same(name, 'LiveChatTranscriptEvents', expected, found);
}
