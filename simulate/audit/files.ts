/**
 * Files: each one a visitor was told to have sent is stored once, byte for byte, reached the agents who fetched it, and is
 * in the chat's log; of all others nothing is kept.
 */
import type { VisitorDiary } from '../diary.js';
import type { Diaries } from '../run-day.js';
import type { Findings } from './difference.js';
import type { ChatEvent, Stored, StoredChat, StoredFile } from './stored.js';

/** Types of the chat's log, and what the visitor is told at the same moment. */
const TOLD: Readonly<Record<string, string>> = {
  FileTransferRequested: 'Requested',
  FileTransferSuccess: 'Success',
  FileTransferFailure: 'Failure',
  FileCanceledAgent: 'Canceled',
};

export function auditFiles(findings: Findings, stored: Stored, diaries: Diaries): void {
  const visitors = new Map(diaries.visitors.map((visitor) => [visitor.sessionId, visitor]));
  const byId = new Map<string, StoredFile>();
  for (const chat of stored.chats) {
    const files = stored.files.get(chat.id) ?? [];
    for (const file of files) byId.set(file.transferId, file);
    auditStored(findings, chat, files);
    auditLog(findings, chat, files, stored.chatEvents.get(chat.id) ?? []);
    const visitor = visitors.get(chat.chatKey);
    if (!visitor) continue;
    auditSent(findings, visitor, files);
    auditNews(findings, visitor, stored.chatEvents.get(chat.id) ?? [], diaries.isRough);
  }
  for (const agent of diaries.agents) {
    for (const { chatId, transferId, name, size, fingerprint } of agent.fetched) {
      const file = byId.get(transferId);
      findings.same(
        `${agent.name} in chat ${chatId}`,
        `file ${transferId} as fetched`,
        file && [file.chatId, file.state, file.name, file.size, file.fingerprint],
        [Number(chatId), 'success', name, size, fingerprint],
      );
    }
  }
}

function auditStored(findings: Findings, { id }: StoredChat, files: readonly StoredFile[]): void {
  for (const { transferId, state, size, bytes, pieces } of files) {
    const name = `file ${transferId} of chat ${id}`;
    if (state === 'success') findings.same(name, 'bytes stored', size, bytes);
    else {
      findings.holds(['failure', 'cancelled'].includes(state), name, 'state', 'an end', state);
      findings.same(name, 'pieces kept of a file that did not come through', 0, pieces);
    }
  }
}

/** The log has one entry for each request and each end, an end after the chat's excepted. */
function auditLog(
  findings: Findings,
  chat: StoredChat,
  files: readonly StoredFile[],
  events: readonly ChatEvent[],
): void {
  const name = `chat ${chat.id}`;
  const logged = (type: string) => events.filter((event) => event.type === type);
  const inState = (state: string) => files.filter((file) => file.state === state);
  findings.same(name, 'files asked for, by its log', files.length, logged('FileTransferRequested').length);
  findings.same(
    name,
    'files sent, by its log',
    inState('success').map((file) => file.name),
    logged('FileTransferSuccess').map(({ detail }) => detail),
  );
  findings.same(
    name,
    'files taken back, by its log',
    inState('cancelled').length,
    logged('FileCanceledAgent').length,
  );
  const failures = logged('FileTransferFailure').length;
  findings.holds(
    failures <= inState('failure').length,
    name,
    'files failed, by its log',
    `at most ${inState('failure').length}`,
    failures,
  );
}

/** What was answered with OK is there; what was not answered may be; nothing else is. */
function auditSent(findings: Findings, { name, sent }: VisitorDiary, files: readonly StoredFile[]): void {
  const known = (file: { name: string | null; size: number | null; fingerprint: string }) =>
    `${file.name} ${file.size} ${file.fingerprint}`;
  const stored = files
    .filter(({ state }) => state === 'success')
    .map(known)
    .sort();
  const unsure = new Set(sent.filter(({ status }) => status === 0 || status >= 500).map(known));
  const answered = sent
    .filter(({ status }) => status === 200)
    .map(known)
    .sort();
  findings.same(
    name,
    'files answered with OK as stored',
    answered,
    stored.filter((one) => !unsure.has(one)),
  );
  for (const one of unsure) {
    const times = stored.filter((file) => file === one).length;
    findings.holds(times <= 1, name, `times ${one} is stored`, 'at most 1', times);
  }
}

/** Who confirms what comes and stayed to the end was told all of it; after a reconnect some of it comes again. */
function auditNews(
  findings: Findings,
  { name, stayed, confirms, reconnects, fileNews }: VisitorDiary,
  events: readonly ChatEvent[],
  isRough: boolean,
): void {
  if (!stayed || reconnects > 0 || (isRough && !confirms)) return;
  const told = events.flatMap(({ type }) => TOLD[type] ?? []);
  findings.same(name, 'news of files', told, fileNews);
}
