/** The administrators' side of the floor, read where it is needed: buttons, agents' configurations, skills, deployments. */
import type { Queryable } from '../store/database.js';
import { id18, isId } from '../store/ids.js';
import type { AgentSettings } from './floor.js';

/** What routing needs of a LiveChatButton (live-agent-chat.md §8). */
export interface Button {
  readonly id: string;
  readonly label: string;
  readonly type: 'Standard' | 'Invite';
  readonly language: string | null;
  readonly prechatUrl: string | null;
  readonly postchatUrl: string | null;
  readonly routing: 'Choice' | 'LeastActive' | 'MostAvailable' | 'Omni';
  /** null: an offer waits for ever. */
  readonly pushTimeoutMs: number | null;
  readonly hasQueue: boolean;
  readonly perAgentQueueLength: number | null;
  readonly overallQueueLength: number | null;
  readonly isAutoAccept: boolean;
  readonly reroutesDeclined: boolean;
  /** null: without limit. */
  readonly reroutingAttempts: number | null;
  readonly autoGreeting: string | null;
  readonly customAgentName: string | null;
  /** Both null unless the button has the option. */
  readonly idleTimeoutMs: number | null;
  readonly idleWarningMs: number | null;
  /** An agent with any of these qualifies. SkillId and LiveChatButtonSkill. */
  readonly skillIds: readonly string[];
}

/** A button that can be asked: existing, and active if it is an invitation. */
export async function findButton(db: Queryable, id: string): Promise<Button | undefined> {
  if (!isId(id)) return undefined;
  const [button] = await db.query<Button>(
    `SELECT b.id, b.master_label AS label, b.type, b.language, b.prechat_form_url AS "prechatUrl",
       b.postchat_url AS "postchatUrl", b.routing_type AS routing, nullif(b.push_timeout, 0) * 1000 AS "pushTimeoutMs",
       b.has_queue AS "hasQueue", b.per_agent_queue_length AS "perAgentQueueLength",
       b.overall_queue_length AS "overallQueueLength", b.options_is_auto_accept AS "isAutoAccept",
       b.options_has_reroute_declined_request AS "reroutesDeclined", b.number_of_rerouting_attempts AS "reroutingAttempts",
       b.auto_greeting AS "autoGreeting", b.custom_agent_name AS "customAgentName",
       CASE WHEN b.options_has_chasitor_idle_timeout THEN b.chasitor_idle_timeout * 1000 END AS "idleTimeoutMs",
       CASE WHEN b.options_has_chasitor_idle_timeout THEN b.chasitor_idle_timeout_warning * 1000 END AS "idleWarningMs",
       array(SELECT b.skill_id WHERE b.skill_id IS NOT NULL UNION
             SELECT s.skill_id FROM so_live_chat_button_skill s
              WHERE s.button_id = b.id AND s.skill_id IS NOT NULL AND NOT s.is_deleted ORDER BY 1) AS "skillIds"
     FROM so_live_chat_button b
     WHERE b.id = $1 AND NOT b.is_deleted AND (b.type = 'Standard' OR b.is_active)`,
    [id18(id)],
    'floor.findButton',
  );
  return button;
}

/** An agent with no configuration: capacity 0, no offers (DECISIONS 12), and nothing allowed. */
const NOTHING: AgentSettings = {
  capacity: 0,
  criticalWaitSeconds: null,
  mayRaiseFlag: false,
  mayTransferToAgent: false,
  mayTransferToSkill: false,
  mayTransferToButton: false,
  mayConference: false,
  mayBlockVisitor: false,
  mayRequestFile: false,
  seesSneakPeek: false,
  isSneakPeeked: false,
  isAutoAwayOnDecline: false,
  isAutoAwayOnPushTimeout: false,
  hasRequestSound: false,
  hasLogoutSound: false,
  hasNotifications: false,
  isMonitored: false,
  isWhisperedTo: false,
};

export interface AgentConfiguration {
  readonly userId: string;
  /** What the visitor reads: the configuration's name for agents, else the user's own. */
  readonly name: string;
  readonly settings: AgentSettings;
  readonly autoGreeting: string | null;
  /** It is said also when the agent takes a chat over, or joins one. */
  readonly greetsOnTransfer: boolean;
  readonly skillIds: readonly string[];
}

/** The skills of a user, whether active or not; none for null. */
export async function skillsOfUser(db: Queryable, userId: string | null): Promise<readonly string[]> {
  if (userId === null) return [];
  const rows = await db.query<{ skill_id: string }>(
    `SELECT s.skill_id FROM so_skill_user s WHERE s.user_id = $1 AND NOT s.is_deleted UNION
     SELECT s.skill_id FROM so_skill_profile s JOIN so_user u ON u.id = $1 AND s.profile_id = u.profile_id
      WHERE NOT s.is_deleted ORDER BY 1`,
    [userId],
    'floor.skillsOfUser',
  );
  return rows.map(({ skill_id }) => skill_id);
}

/** Id of the configuration of the user `u`; a user's own beats the profile's (DECISIONS 12). */
export const CONFIGURATION_OF = `SELECT c.id FROM (
    SELECT j.live_chat_user_config_id AS id, 1 AS rank FROM so_live_chat_user_config_user j
     WHERE j.user_id = u.id AND NOT j.is_deleted
    UNION ALL
    SELECT j.live_chat_user_config_id, 2 FROM so_live_chat_user_config_profile j
     WHERE j.profile_id = u.profile_id AND NOT j.is_deleted
  ) assigned JOIN so_live_chat_user_config c ON c.id = assigned.id AND NOT c.is_deleted
  ORDER BY assigned.rank, c.id LIMIT 1`;

/** Configuration of an active user who is not frozen, or undefined. */
export async function findAgent(db: Queryable, userId: string): Promise<AgentConfiguration | undefined> {
  return (await findAgents(db, [userId])).get(userId);
}

/** The same of many, by user id, read in one statement. */
export async function findAgents(
  db: Queryable,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, AgentConfiguration>> {
  const agents = await db.query<{
    id: string;
    name: string;
    settings: AgentSettings | null;
    custom_agent_name: string | null;
    auto_greeting: string | null;
    greets_on_transfer: boolean | null;
    skill_ids: string[];
  }>(
    `SELECT u.id, p.name, k.settings, k.custom_agent_name, k.auto_greeting, k.greets_on_transfer,
       array(SELECT s.skill_id FROM so_skill_user s WHERE s.user_id = u.id AND NOT s.is_deleted UNION
             SELECT s.skill_id FROM so_skill_profile s WHERE s.profile_id = u.profile_id AND NOT s.is_deleted
             ORDER BY 1) AS skill_ids
     FROM so_user u JOIN principal p ON p.id = u.id
     LEFT JOIN LATERAL (
       SELECT c.custom_agent_name, c.auto_greeting,
           c.has_transfer_conference_greeting OR c.options_has_transfer_conference_greeting AS greets_on_transfer, jsonb_build_object(
           'capacity', greatest(coalesce(c.capacity, 0), 0), 'criticalWaitSeconds', nullif(c.critical_wait_time, 0),
           'mayRaiseFlag', c.options_has_assistance_flag, 'mayTransferToAgent', c.options_has_chat_transfer_to_agent,
           'mayTransferToSkill', c.options_has_chat_transfer_to_skill,
           'mayTransferToButton', c.options_has_chat_transfer_to_button,
           'mayConference', c.options_has_chat_conferencing, 'mayBlockVisitor', c.options_has_visitor_blocking,
           'mayRequestFile', c.options_has_agent_file_transfer, 'seesSneakPeek', c.has_sneak_peek,
           'isSneakPeeked', c.options_has_agent_sneak_peek,
           'isAutoAwayOnDecline', c.is_auto_away_on_decline,
           'isAutoAwayOnPushTimeout', c.options_is_auto_away_on_push_timeout,
           'hasRequestSound', c.has_request_sound, 'hasLogoutSound', c.has_logout_sound,
           'hasNotifications', c.has_notifications,
           'isMonitored', c.options_has_chat_monitoring, 'isWhisperedTo', c.options_has_whisper_message) AS settings
         FROM so_live_chat_user_config c WHERE c.id = (${CONFIGURATION_OF})
     ) k ON true
     WHERE u.id = ANY ($1) AND u.is_active
       AND NOT EXISTS (SELECT FROM credential f WHERE f.user_id = u.id AND f.is_frozen)`,
    [userIds],
    'floor.findAgents',
  );
  return new Map(
    agents.map((agent) => [
      agent.id,
      {
        userId: agent.id,
        name: agent.custom_agent_name ?? agent.name,
        settings: agent.settings ?? NOTHING,
        autoGreeting: agent.auto_greeting,
        greetsOnTransfer: agent.greets_on_transfer ?? false,
        skillIds: agent.skill_ids,
      },
    ]),
  );
}

/** What a chat needs of its LiveChatDeployment. */
export interface Deployment {
  readonly id: string;
  readonly hasTranscriptSave: boolean;
  /** Silence after which the visitor's chat times out. */
  readonly connectionTimeoutMs: number;
}

/** Seen on the wire where the deployment sets none (live-agent-chat.md §11). */
export const CONNECTION_TIMEOUT_MS = 150_000;

/** A deployment of this organization; ids of 15 or 18 characters. */
export async function findDeployment(
  db: Queryable,
  organizationId: string,
  deploymentId: string,
): Promise<Deployment | undefined> {
  if (!isId(organizationId) || !isId(deploymentId)) return undefined;
  const [deployment] = await db.query<Deployment>(
    `SELECT d.id, d.has_transcript_save AS "hasTranscriptSave",
       coalesce(nullif(d.connection_timeout_duration, 0) * 1000, $3::int) AS "connectionTimeoutMs"
     FROM so_live_chat_deployment d
     WHERE d.id = $1 AND NOT d.is_deleted AND EXISTS (SELECT FROM so_organization o WHERE o.id = $2)`,
    [id18(deploymentId), id18(organizationId), CONNECTION_TIMEOUT_MS],
    'floor.findDeployment',
  );
  return deployment;
}
