/**
 * Writes LiveChatTranscript, its events and its visitor when a chat is over (live-agent-chat.md §12). Not under the
 * floor lock: an ended chat changes no more, and the floor has better things to do. Any process may write any chat; a
 * row lock and `transcript_id` see to it that it is written once.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import { type Database, isConnectionLoss, type Tx } from '../store/database.js';
import type { FloorLog } from './context.js';
import { conversationFigures } from './conversation-figures.js';
import type { StoredRequest } from './entities.js';
import { prechatAnswers } from './prechat-answers.js';
import type { SafetyRules, Speaker } from './safety-rules.js';
import { cutToSecond, wholeSeconds } from './session-figures.js';
import { createAsServer } from './session-rows.js';
import { cutText } from './text.js';
import { type BodyLine, supervisorBody, transcriptBody } from './transcript-body.js';
import { browserOf, platformOf } from './visitor-browser.js';

export interface Transcripts {
  /** Writes what is unwritten; resolves when nothing is left that could be written. */
  write(): Promise<void>;
}

interface EndedChat {
  id: number;
  chat_key: string;
  deployment_id: string;
  button_id: string | null;
  skill_id: string | null;
  request: StoredRequest;
  requested_at: number;
  established_at: number | null;
  ended_at: number;
  ended_by: string;
  outcome: string;
  owner_id: string | null;
}

const BATCH = 50;
/** LiveChatTranscriptEvent.Detail, in characters. */
const DETAIL_LIMIT = 255;

/**
 * SkillId, the "Agent Skill" of the chat `c`. (u): the reference has the label only. The first of the skills the chat was
 * routed by that its last agent has; where there was no agent, or one without any of them, the first of them.
 */
const AGENT_SKILL = `coalesce((
    SELECT w.skill_id FROM unnest(c.skill_ids) WITH ORDINALITY AS w (skill_id, nth)
     WHERE EXISTS (SELECT FROM so_skill_user s
              WHERE s.skill_id = w.skill_id AND s.user_id = c.last_operator_user_id AND NOT s.is_deleted)
        OR EXISTS (SELECT FROM so_skill_profile s JOIN so_user u ON u.profile_id = s.profile_id
              WHERE s.skill_id = w.skill_id AND u.id = c.last_operator_user_id AND NOT s.is_deleted)
     ORDER BY w.nth LIMIT 1), c.skill_ids[1])`;

export function createTranscripts(
  db: Database,
  caller: Caller,
  log: FloorLog,
  safety: Pick<SafetyRules, 'maskSaved'>,
): Transcripts {
  let running: Promise<void> | undefined;
  let again = false;

  /** What the visitor answered may be refused, by a rule of its field, when it is stored: the transcript never is. */
  async function writeWithAnswers(chatId: number): Promise<void> {
    try {
      await db.tx((tx) => writeOne(tx, caller, chatId, safety, true));
    } catch (error) {
      if (isConnectionLoss(error)) throw error;
      await db.tx((tx) => writeOne(tx, caller, chatId, safety, false));
      log.warn({ err: error, chatId }, 'a transcript was written without the answers given before the chat');
    }
  }

  async function run(): Promise<void> {
    /** Each is tried once a run: what failed, or is being written elsewhere, waits for the next. */
    const tried: number[] = [];
    for (;;) {
      again = false;
      const rows = await db.query<{ id: number }>(
        `SELECT id FROM chat WHERE state = 'ended' AND transcript_id IS NULL AND NOT id = ANY ($1) ORDER BY id LIMIT ${BATCH}`,
        [tried],
        'floor.unwritten',
      );
      for (const { id } of rows) {
        tried.push(id);
        try {
          await writeWithAnswers(id);
        } catch (error) {
          log.error({ err: error, chatId: id }, 'a transcript could not be written');
        }
      }
      if (rows.length === 0 && !again) return;
    }
  }

  return {
    async write() {
      again = true;
      running ??= run().finally(() => {
        running = undefined;
      });
      await running;
    },
  };
}

async function writeOne(
  tx: Tx,
  caller: Caller,
  chatId: number,
  safety: Pick<SafetyRules, 'maskSaved'>,
  withAnswers: boolean,
): Promise<void> {
  const [chat] = await tx.query<EndedChat>(
    `SELECT c.id, c.chat_key, c.deployment_id, c.button_id, ${AGENT_SKILL} AS skill_id, c.request, c.requested_at,
       c.established_at, c.ended_at, c.ended_by, c.outcome,
       coalesce(c.last_operator_user_id, c.last_assigned_user_id) AS owner_id
     FROM chat c WHERE c.id = $1 AND c.transcript_id IS NULL FOR UPDATE SKIP LOCKED`,
    [chatId],
    'floor.endedChat',
  );
  if (!chat) return;
  const said = await tx.query<BodyLine>(
    'SELECT kind, at, name, text FROM chat_message WHERE chat_id = $1 ORDER BY sequence',
    [chatId],
    'floor.endedLines',
  );
  const lines = said.map((line) => ({ ...line, text: maskedText(safety, line) }));
  const events = await tx.query<{ type: string; at: number; user_id: string | null; detail: string | null }>(
    // Masked lines are noted beside the log, without the floor lock: they take their place by time.
    `SELECT type, at, user_id, detail FROM (
       SELECT 0 AS source, seq::bigint AS nth, type, at, user_id, detail FROM chat_event WHERE chat_id = $1
       UNION ALL
       SELECT 1, nth, CASE kind WHEN 'visitor' THEN 'SensitiveDataVisitor' WHEN 'agent' THEN 'SensitiveDataAgent'
                ELSE 'SensitiveDataSupervisor' END, at, user_id, rules FROM sensitive_data_hit WHERE chat_id = $1
     ) e ORDER BY at, source, nth`,
    [chatId],
    'floor.endedEvents',
  );
  const visitorId = await visitorOf(tx, caller, chat.request.visitorId ?? chat.chat_key);
  const [transcriptId] = await createAsServer(tx, caller, 'LiveChatTranscript', [
    {
      ...(withAnswers ? prechatAnswers(chat.request) : {}),
      ...transcriptFields(chat, lines, visitorId, caller.userId),
    },
  ]);
  await createAsServer(
    tx,
    caller,
    'LiveChatTranscriptEvent',
    events.map((event) => ({
      LiveChatTranscriptId: transcriptId,
      Type: event.type,
      Time: isoOf(cutToSecond(event.at)),
      AgentId: event.user_id,
      Detail: maskedDetail(safety, event),
    })),
  );
  await tx.query(
    'UPDATE chat SET transcript_id = $2 WHERE id = $1',
    [chatId, transcriptId],
    'floor.transcriptWritten',
  );
}

/** A line as the rules "Upon Saving Record" leave it. */
function maskedText(safety: Pick<SafetyRules, 'maskSaved'>, { kind, text }: BodyLine): string {
  return kind === 'system' || kind === 'custom' ? text : safety.maskSaved(kind, text);
}

/** Events whose Detail is what somebody wrote, and who. */
const SAID_IN_DETAIL: Readonly<Record<string, Speaker>> = {
  FlagRaised: 'agent',
  DeclineManual: 'agent',
  FileTransferSuccess: 'visitor',
};

function maskedDetail(
  safety: Pick<SafetyRules, 'maskSaved'>,
  { type, detail }: { readonly type: string; readonly detail: string | null },
): string | null {
  const speaker = SAID_IN_DETAIL[type];
  return speaker && detail !== null ? safety.maskSaved(speaker, detail).slice(0, DETAIL_LIMIT) : detail;
}

/** The visitor's record, made with the first chat that is over. */
async function visitorOf(tx: Tx, caller: Caller, sessionKey: string): Promise<string> {
  // Two chats of one visitor may end at once, on two processes.
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', [sessionKey], 'floor.visitorLock');
  const [known] = await tx.query<{ id: string }>(
    'SELECT id FROM so_live_chat_visitor WHERE session_key = $1 AND NOT is_deleted ORDER BY id LIMIT 1',
    [sessionKey],
    'floor.visitor',
  );
  if (known) return known.id;
  const [id] = await createAsServer(tx, caller, 'LiveChatVisitor', [{ SessionKey: sessionKey }]);
  return id as string;
}

function transcriptFields(
  chat: EndedChat,
  lines: readonly BodyLine[],
  visitorId: string,
  automatedProcessId: string,
): Readonly<Record<string, unknown>> {
  const { request } = chat;
  const startAt = chat.established_at;
  const seconds = (from: number, to: number) => wholeSeconds(cutToSecond(to) - cutToSecond(from));
  return {
    OwnerId: chat.owner_id ?? automatedProcessId,
    LiveChatVisitorId: visitorId,
    LiveChatDeploymentId: chat.deployment_id,
    LiveChatButtonId: chat.button_id,
    SkillId: chat.skill_id,
    ChatKey: chat.chat_key,
    Status: chat.outcome,
    EndedBy: chat.ended_by,
    RequestTime: isoOf(cutToSecond(chat.requested_at)),
    StartTime: startAt === null ? null : isoOf(cutToSecond(startAt)),
    EndTime: isoOf(cutToSecond(chat.ended_at)),
    WaitTime: seconds(chat.requested_at, startAt ?? chat.ended_at),
    ChatDuration: startAt === null ? null : seconds(startAt, chat.ended_at),
    Abandoned:
      startAt === null && chat.ended_by === 'Visitor' ? seconds(chat.requested_at, chat.ended_at) : null,
    ...conversationFigures(lines, startAt),
    Body: transcriptBody(lines, startAt ?? chat.requested_at),
    SupervisorTranscriptBody: supervisorBody(lines, startAt ?? chat.requested_at),
    IpAddress: request.ipAddress,
    UserAgent: cutText(request.userAgent, 200),
    Browser: browserOf(request.userAgent),
    Platform: platformOf(request.userAgent),
    BrowserLanguage: request.language,
    ScreenResolution: request.screenResolution,
    ReferrerUri: cutText(request.referrer, 200),
    IsChatbotSession: false,
  };
}
