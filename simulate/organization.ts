/**
 * The organization of a simulation: skills, buttons of every kind of routing, agents whose configurations differ,
 * supervisors. Made through the record engine as an administrator's data is; names carry the mark of the simulation, so
 * several fit into one database.
 */
import { grantSession } from '../src/access/grants.js';
import { automatedCaller, builtInProfileId, createAll, LOCALE_DEFAULTS } from '../src/first-start.js';
import type { SObjectDescription } from '../src/objects/language.js';
import { findObject } from '../src/objects/registry.js';
import type { RecordInput } from '../src/records/result.js';
import type { Database } from '../src/store/database.js';
import type { Random } from './random.js';

export interface AgentSpec {
  readonly userId: string;
  readonly name: string;
}

export interface ButtonSpec {
  readonly id: string;
  readonly name: string;
}

export interface QuickText {
  readonly name: string;
  readonly message: string;
}

export interface Organization {
  readonly mark: string;
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly administratorId: string;
  readonly buttons: readonly ButtonSpec[];
  readonly agents: readonly AgentSpec[];
  readonly supervisors: readonly AgentSpec[];
  /** QuickTexts for chats, by name; the organization has others, which are for nobody in a chat. */
  readonly quickTexts: readonly QuickText[];
  /** LiveChatUserConfig records, whose capacity an administrator may change. */
  readonly configurations: readonly { readonly id: string }[];
}

export interface OrganizationSize {
  /** Letters and digits; distinguishes the simulations of one database. */
  readonly mark: string;
  readonly agents: number;
  readonly supervisors: number;
}

/** Seconds of the floor. */
export const CONNECTION_TIMEOUT_SECONDS = 20;
const CONNECTION_WARNING_SECONDS = 8;

/** Buttons by name: one of each way a request can be routed and wait. */
const BUTTONS: Readonly<Record<string, RecordInput>> = {
  leastActive: {
    RoutingType: 'LeastActive',
    PushTimeout: 7,
    HasQueue: true,
    OptionsHasRerouteDeclinedRequest: true,
  },
  mostAvailable: {
    RoutingType: 'MostAvailable',
    PushTimeout: 5,
    HasQueue: true,
    PerAgentQueueLength: 2,
    OverallQueueLength: 20,
    OptionsHasRerouteDeclinedRequest: true,
    NumberOfReroutingAttempts: 2,
  },
  automatic: { RoutingType: 'MostAvailable', PushTimeout: 5, HasQueue: true, OptionsIsAutoAccept: true },
  choice: { RoutingType: 'Choice', HasQueue: true, OverallQueueLength: 30 },
  queueless: { RoutingType: 'LeastActive', PushTimeout: 6, HasQueue: false },
  patient: {
    RoutingType: 'LeastActive',
    HasQueue: true,
    AutoGreeting: 'Hello, how can we help?',
    CustomAgentName: 'The team',
    OptionsHasChasitorIdleTimeout: true,
    ChasitorIdleTimeoutWarning: 8,
    ChasitorIdleTimeout: 16,
  },
};

/** Configurations of agents; each agent has one of them. */
const CONFIGURATIONS: readonly (Readonly<Record<string, unknown>> & { readonly Capacity: number })[] = [
  { Capacity: 1, CriticalWaitTime: 4, IsAutoAwayOnDecline: true },
  { Capacity: 2, CriticalWaitTime: 3 },
  { Capacity: 3, OptionsIsAutoAwayOnPushTimeout: true },
  { Capacity: 5, CriticalWaitTime: 6, AutoGreeting: 'Good day' },
  { Capacity: 2, IsAutoAwayOnDecline: true, OptionsIsAutoAwayOnPushTimeout: true },
];

function described(name: string): SObjectDescription {
  const object = findObject(name);
  if (object === undefined) throw new Error(`${name} is not described`);
  return object;
}

/** Makes it all in one transaction. The database must have had its first start. */
export function seedOrganization(
  db: Database,
  size: OrganizationSize,
  random: Random,
): Promise<Organization> {
  const { mark } = size;
  return db.tx(async (tx) => {
    const caller = await automatedCaller(tx);
    const create = (object: string, records: readonly RecordInput[]) =>
      createAll(tx, caller, described(object), records);
    const only = async (object: string, record: RecordInput) => (await create(object, [record]))[0] ?? '';

    const skillCount = Math.max(2, Math.ceil(size.agents / 50));
    const skills = await create(
      'Skill',
      Array.from({ length: skillCount }, (_, i) => ({
        DeveloperName: `Sim_${mark}_${i}`,
        MasterLabel: `Simulated ${mark} ${i}`,
      })),
    );
    const deploymentId = await only('LiveChatDeployment', {
      DeveloperName: `Sim_${mark}`,
      MasterLabel: `Simulation ${mark}`,
      WindowTitle: 'Simulation',
      ConnectionTimeoutDuration: CONNECTION_TIMEOUT_SECONDS,
      ConnectionWarningDuration: CONNECTION_WARNING_SECONDS,
    });
    const names = Object.keys(BUTTONS);
    const buttonIds = await create(
      'LiveChatButton',
      names.map((name, i) => ({
        DeveloperName: `Sim_${mark}_${name}`,
        MasterLabel: `Simulated ${name}`,
        Type: 'Standard',
        WindowLanguage: 'en_US',
        IsActive: true,
        SkillId: skills[i % skills.length],
        ...BUTTONS[name],
      })),
    );
    await create(
      'LiveChatButtonDeployment',
      buttonIds.map((ButtonId) => ({ ButtonId, DeploymentId: deploymentId })),
    );
    // every button also takes agents of a second skill, so that buttons share agents
    await create(
      'LiveChatButtonSkill',
      buttonIds.map((ButtonId, i) => ({ ButtonId, SkillId: skills[(i + 1) % skills.length] })),
    );

    const configurationIds = await create(
      'LiveChatUserConfig',
      CONFIGURATIONS.map((configuration, i) => ({
        DeveloperName: `Sim_${mark}_${i}`,
        MasterLabel: `Simulated ${mark} ${i}`,
        HasSneakPeek: true,
        OptionsHasAssistanceFlag: true,
        OptionsHasWhisperMessage: true,
        OptionsHasChatMonitoring: true,
        OptionsHasChatConferencing: true,
        OptionsHasChatTransferToAgent: true,
        OptionsHasChatTransferToSkill: true,
        OptionsHasChatTransferToButton: true,
        OptionsHasVisitorBlocking: true,
        OptionsHasAgentFileTransfer: true,
        ...configuration,
      })),
    );
    await create(
      'UserConfigTransferSkill',
      configurationIds.flatMap((LiveChatUserConfigId) =>
        skills.slice(0, 5).map((SkillId) => ({ LiveChatUserConfigId, SkillId })),
      ),
    );
    await create(
      'UserConfigTransferButton',
      configurationIds.flatMap((LiveChatUserConfigId) =>
        buttonIds.map((LiveChatButtonId) => ({ LiveChatUserConfigId, LiveChatButtonId })),
      ),
    );
    const quickTexts = ['Hours', 'Refund', 'Thanks'].map((name) => ({
      name: `Sim ${mark} ${name}`,
      message: `${name}: as we say in ${mark}.`,
    }));
    await create('QuickText', [
      ...quickTexts.map(({ name, message }) => ({
        Name: name,
        Message: message,
        Channel: 'Email;Live Agent',
        IsInsertable: true,
      })),
      { Name: `Sim ${mark} letter`, Message: 'Dear Sir', Channel: 'Email', IsInsertable: true },
      { Name: `Sim ${mark} draft`, Message: 'not yet', Channel: 'Live Agent', IsInsertable: false },
    ]);
    const people = async (kind: 'agent' | 'supervisor', count: number): Promise<AgentSpec[]> => {
      const ProfileId = await builtInProfileId(tx, kind);
      const named = Array.from({ length: count }, (_, i) => `${kind}-${i + 1}.${mark}`);
      const ids = await create(
        'User',
        named.map((name) => ({
          Username: `${name}@simulation.invalid`,
          Email: `${name}@simulation.invalid`,
          LastName: name,
          Alias: name.slice(0, 8),
          ProfileId,
          IsActive: true,
          UserType: 'Standard',
          UserPermissionsLiveAgentUser: true,
          ...LOCALE_DEFAULTS,
        })),
      );
      return ids.map((userId, i) => ({ userId, name: named[i] ?? '' }));
    };
    const agents = await people('agent', size.agents);
    const supervisors = await people('supervisor', size.supervisors);
    await create(
      'LiveChatUserConfigUser',
      agents.map(({ userId }, i) => ({
        UserId: userId,
        LiveChatUserConfigId: configurationIds[i % configurationIds.length],
      })),
    );
    await create(
      'SkillUser',
      agents.flatMap(({ userId }, i) => {
        const first = skills[i % skills.length];
        const second = random.pick(skills);
        return [first, ...(second !== first && random.chance(0.5) ? [second] : [])].map((SkillId) => ({
          UserId: userId,
          SkillId,
        }));
      }),
    );
    const [administrator] = await tx.query<{ id: string }>(
      `SELECT u.id FROM so_user u JOIN built_in b ON b.key = 'profile-administrator' AND b.record_id = u.profile_id
        WHERE u.is_active ORDER BY u.id LIMIT 1`,
    );
    return {
      mark,
      organizationId: caller.organizationId,
      deploymentId,
      administratorId: administrator?.id ?? '',
      buttons: buttonIds.map((id, i) => ({ id, name: names[i] ?? '' })),
      agents,
      supervisors,
      quickTexts,
      configurations: configurationIds.map((id) => ({ id })),
    };
  });
}

/** An access token without a password: five hundred of those would take minutes, and are no subject of a simulation. */
export async function tokenOf(db: Database, organizationId: string, userId: string): Promise<string> {
  const { accessToken } = await grantSession(db, {
    userId,
    organizationId,
    clientId: null,
    withRefreshToken: false,
  });
  return accessToken;
}
