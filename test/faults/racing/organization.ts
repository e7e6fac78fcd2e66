/**
 * The organization two racing servers share: a button of every kind of routing, each with two of three skills, and agents
 * of different capacities and tempers who may hand over to anybody.
 */
import { grantSession } from '../../../src/access/grants.js';
import { automatedCaller, builtInProfileId, createAll, LOCALE_DEFAULTS } from '../../../src/first-start.js';
import { findObject } from '../../../src/objects/registry.js';
import { deleteRecords } from '../../../src/records/delete.js';
import type { RecordInput } from '../../../src/records/result.js';
import { updateRecords } from '../../../src/records/update.js';
import type { Database } from '../../../src/store/database.js';

export interface AgentSpec {
  readonly name: string;
  readonly userId: string;
  readonly configurationId: string;
}

export interface Organization {
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly administratorId: string;
  readonly skills: readonly string[];
  readonly buttons: readonly string[];
  readonly agents: readonly AgentSpec[];
  create(object: string, fields: RecordInput): Promise<string>;
  update(object: string, fields: RecordInput): Promise<void>;
  remove(id: string): Promise<void>;
  tokenOf(userId: string): Promise<string>;
}

/** Whole seconds; the shortest there is, so that many run out. */
const PUSH_TIMEOUT_SECONDS = 1;

const PUSHED = { PushTimeout: PUSH_TIMEOUT_SECONDS };
/** More Choice than anything else: one request raced for by everybody who sees it. */
const BUTTONS: readonly RecordInput[] = [
  { RoutingType: 'Choice', HasQueue: true },
  { RoutingType: 'Choice', HasQueue: true, OverallQueueLength: 8 },
  { RoutingType: 'Choice', HasQueue: false },
  { ...PUSHED, RoutingType: 'LeastActive', HasQueue: true, OptionsHasRerouteDeclinedRequest: true },
  {
    ...PUSHED,
    RoutingType: 'MostAvailable',
    HasQueue: true,
    PerAgentQueueLength: 2,
    OptionsHasRerouteDeclinedRequest: true,
    NumberOfReroutingAttempts: 2,
  },
  { ...PUSHED, RoutingType: 'LeastActive', HasQueue: false },
  { ...PUSHED, RoutingType: 'MostAvailable', HasQueue: true, OptionsIsAutoAccept: true },
];

/** One configuration an agent: their capacities are changed one by one. */
const TEMPERS: readonly RecordInput[] = [
  { Capacity: 5 },
  { Capacity: 2, IsAutoAwayOnDecline: true },
  { Capacity: 3, OptionsIsAutoAwayOnPushTimeout: true },
  { Capacity: 3 },
];

const ALLOWED: RecordInput = {
  OptionsHasAssistanceFlag: true,
  OptionsHasChatTransferToAgent: true,
  OptionsHasChatTransferToSkill: true,
  OptionsHasChatTransferToButton: true,
  OptionsHasChatConferencing: true,
};

/** The database must have had its first start. The first agent has every skill, the others one or two. */
export async function racingOrganization(db: Database, agentCount: number): Promise<Organization> {
  const caller = await automatedCaller(db);
  const described = (name: string) => {
    const object = findObject(name);
    if (object === undefined) throw new Error(`${name} is not described`);
    return object;
  };
  const all = (object: string, records: readonly RecordInput[]) =>
    db.tx((tx) => createAll(tx, caller, described(object), records));
  const create = async (object: string, fields: RecordInput) => (await all(object, [fields]))[0] ?? '';

  const skills = await all(
    'Skill',
    ['One', 'Two', 'Three'].map((name) => ({ DeveloperName: name, MasterLabel: name })),
  );
  const deploymentId = await create('LiveChatDeployment', {
    DeveloperName: 'Race',
    MasterLabel: 'Race',
    WindowTitle: 'Race',
  });
  const buttons = await all(
    'LiveChatButton',
    BUTTONS.map((button, i) => ({
      DeveloperName: `Race_${i}`,
      MasterLabel: `Race ${i}`,
      Type: 'Standard',
      SkillId: skills[i % skills.length],
      ...button,
    })),
  );
  await all(
    'LiveChatButtonSkill',
    buttons.map((ButtonId, i) => ({ ButtonId, SkillId: skills[(i + 1) % skills.length] })),
  );
  const names = Array.from({ length: agentCount }, (_, i) => `agent${i}`);
  const ProfileId = await builtInProfileId(db, 'agent');
  const users = await all(
    'User',
    names.map((name) => ({
      Username: `${name}@race.invalid`,
      Email: `${name}@race.invalid`,
      LastName: name,
      Alias: name.slice(0, 8),
      ProfileId,
      IsActive: true,
      ...LOCALE_DEFAULTS,
    })),
  );
  const configurations = await all(
    'LiveChatUserConfig',
    names.map((name, i) => ({
      DeveloperName: `Race_${name}`,
      MasterLabel: name,
      ...ALLOWED,
      ...TEMPERS[i % TEMPERS.length],
    })),
  );
  await all(
    'LiveChatUserConfigUser',
    users.map((UserId, i) => ({ UserId, LiveChatUserConfigId: configurations[i] })),
  );
  await all(
    'UserConfigTransferSkill',
    configurations.flatMap((LiveChatUserConfigId) =>
      skills.map((SkillId) => ({ LiveChatUserConfigId, SkillId })),
    ),
  );
  await all(
    'UserConfigTransferButton',
    configurations.flatMap((LiveChatUserConfigId) =>
      buttons.map((LiveChatButtonId) => ({ LiveChatUserConfigId, LiveChatButtonId })),
    ),
  );
  await all(
    'SkillUser',
    users.flatMap((UserId, i) => {
      const own =
        i === 0 ? skills : skills.filter((_, s) => s === i % 3 || (i % 2 === 0 && s === (i + 1) % 3));
      return own.map((SkillId) => ({ UserId, SkillId }));
    }),
  );
  const [administrator] = await db.query<{ id: string }>(
    `SELECT u.id FROM so_user u JOIN built_in b ON b.key = 'profile-administrator' AND b.record_id = u.profile_id
      WHERE u.is_active ORDER BY u.id LIMIT 1`,
  );
  return {
    organizationId: caller.organizationId,
    deploymentId,
    administratorId: administrator?.id ?? '',
    skills,
    buttons,
    agents: names.map((name, i) => ({
      name,
      userId: users[i] ?? '',
      configurationId: configurations[i] ?? '',
    })),
    create,
    async update(object, fields) {
      const request = { object: described(object), records: [fields], allOrNone: true };
      const [result] = await updateRecords(db, caller, request);
      if (!result?.success) throw new Error(JSON.stringify(result?.errors));
    },
    async remove(id) {
      const [result] = await deleteRecords(db, caller, [id], { allOrNone: true });
      if (!result?.success) throw new Error(JSON.stringify(result?.errors));
    },
    async tokenOf(userId) {
      const { organizationId } = caller;
      const grant = await grantSession(db, {
        userId,
        organizationId,
        clientId: null,
        withRefreshToken: false,
      });
      return grant.accessToken;
    },
  };
}
