/** The records a simulation left, read as any client reads them: by jsforce, over REST, with an administrator's token. */
import { Connection } from 'jsforce';
import type { Organization } from '../organization.js';

export interface SessionRow {
  readonly Id: string;
  readonly Name: string;
  readonly AgentId: string;
  readonly OwnerId: string;
  readonly LoginTime: string;
  readonly LogoutTime: string;
  readonly ChatReqAssigned: number;
  readonly ChatReqEngaged: number;
  readonly ChatReqDeclined: number;
  readonly ChatReqTimedOut: number;
  readonly NumFlagRaised: number;
  readonly NumFlagLoweredAgent: number;
  readonly NumFlagLoweredSupervisor: number;
  readonly TimeInOnlineStatus: number;
  readonly TimeInAwayStatus: number;
  readonly TimeIdle: number;
  readonly TimeInChats: number;
  readonly TimeAtCapacity: number;
}

export interface TranscriptRow {
  readonly Id: string;
  readonly ChatKey: string;
  readonly Status: string;
  readonly EndedBy: string | null;
  readonly RequestTime: string;
  readonly StartTime: string | null;
  readonly EndTime: string;
  readonly WaitTime: number;
  readonly ChatDuration: number | null;
  readonly Abandoned: number | null;
  readonly OperatorMessageCount: number;
  readonly VisitorMessageCount: number;
  readonly AverageResponseTimeOperator: number | null;
  readonly MaxResponseTimeOperator: number | null;
  readonly AverageResponseTimeVisitor: number | null;
  readonly MaxResponseTimeVisitor: number | null;
  readonly Body: string | null;
  readonly SupervisorTranscriptBody: string | null;
  readonly IpAddress: string | null;
}

export interface BlockingRuleRow {
  readonly DeveloperName: string;
  readonly FromIpAddress: string;
  readonly ToIpAddress: string | null;
}

export interface TranscriptEventRow {
  readonly Id: string;
  readonly LiveChatTranscriptId: string;
  readonly Type: string;
  readonly Time: string;
  readonly AgentId: string | null;
  readonly Detail: string | null;
}

export interface Rows {
  /** By Id. */
  readonly sessions: ReadonlyMap<string, SessionRow>;
  /** By ChatKey; more than one of a chat is a difference. */
  readonly transcripts: ReadonlyMap<string, readonly TranscriptRow[]>;
  /** By transcript, in the order they were written. */
  readonly events: ReadonlyMap<string, readonly TranscriptEventRow[]>;
  /** Of the whole database, by the address they begin with. */
  readonly blockingRules: ReadonlyMap<string, readonly BlockingRuleRow[]>;
}

const SESSION_FIELDS =
  'Id, Name, AgentId, OwnerId, LoginTime, LogoutTime, ChatReqAssigned, ChatReqEngaged, ChatReqDeclined, ChatReqTimedOut, NumFlagRaised, NumFlagLoweredAgent, NumFlagLoweredSupervisor, TimeInOnlineStatus, TimeInAwayStatus, TimeIdle, TimeInChats, TimeAtCapacity';
const TRANSCRIPT_FIELDS =
  'Id, ChatKey, Status, EndedBy, RequestTime, StartTime, EndTime, WaitTime, ChatDuration, Abandoned, OperatorMessageCount, VisitorMessageCount, AverageResponseTimeOperator, MaxResponseTimeOperator, AverageResponseTimeVisitor, MaxResponseTimeVisitor, Body, SupervisorTranscriptBody, IpAddress';
const EVENT_FIELDS = 'Id, LiveChatTranscriptId, Type, Time, AgentId, Detail';

export async function readRows(
  url: string,
  accessToken: string,
  organization: Pick<Organization, 'agents' | 'deploymentId'>,
): Promise<Rows> {
  const connection = new Connection({ instanceUrl: url, accessToken, version: '60.0' });
  async function all<R extends object>(soql: string): Promise<R[]> {
    const rows: R[] = [];
    let page = await connection.query<R>(soql);
    for (;;) {
      rows.push(...page.records);
      if (page.done || page.nextRecordsUrl === undefined) break;
      page = await connection.queryMore<R>(page.nextRecordsUrl);
    }
    if (rows.length !== page.totalSize) {
      throw new Error(`${soql.slice(0, 60)} …: ${rows.length} rows came, totalSize says ${page.totalSize}`);
    }
    return rows;
  }
  const agents = new Set(organization.agents.map(({ userId }) => userId));
  const deployment = organization.deploymentId;
  const sessions = await all<SessionRow>(`SELECT ${SESSION_FIELDS} FROM LiveAgentSession ORDER BY Id`);
  const transcripts = await all<TranscriptRow>(
    `SELECT ${TRANSCRIPT_FIELDS} FROM LiveChatTranscript WHERE LiveChatDeploymentId = '${deployment}' ORDER BY Id`,
  );
  const events = await all<TranscriptEventRow>(
    `SELECT ${EVENT_FIELDS} FROM LiveChatTranscriptEvent
      WHERE LiveChatTranscript.LiveChatDeploymentId = '${deployment}' ORDER BY Id`,
  );
  const rules = await all<BlockingRuleRow>(
    'SELECT DeveloperName, FromIpAddress, ToIpAddress FROM LiveChatBlockingRule ORDER BY Id',
  );
  return {
    blockingRules: grouped(rules, ({ FromIpAddress }) => FromIpAddress),
    sessions: new Map(sessions.filter(({ AgentId }) => agents.has(AgentId)).map((row) => [row.Id, row])),
    transcripts: grouped(transcripts, ({ ChatKey }) => ChatKey),
    events: grouped(events, ({ LiveChatTranscriptId }) => LiveChatTranscriptId),
  };
}

function grouped<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}
