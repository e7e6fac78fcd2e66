/**
 * The demo organization: a deployment with one button that asks for one skill, two agents, a supervisor and an
 * administrator. Made once; a later start only tells it again.
 */
import { PLATFORM_CLI } from './access/clients.js';
import { verifyPassword } from './access/passwords.js';
import { automatedCaller, createAll, SET_UP_LOCK } from './first-start.js';
import { liveChatButton } from './objects/live-chat-button.js';
import { liveChatButtonDeployment } from './objects/live-chat-button-deployment.js';
import { liveChatDeployment } from './objects/live-chat-deployment.js';
import { liveChatUserConfig } from './objects/live-chat-user-config.js';
import { liveChatUserConfigUser } from './objects/live-chat-user-config-user.js';
import { skill } from './objects/skill.js';
import { skillUser } from './objects/skill-user.js';
import type { RecordInput } from './records/result.js';
import type { Database, Tx } from './store/database.js';
import { addUserIn } from './users.js';

const DOMAIN = 'floorwalker.demo';
export const DEMO_ADMIN_USERNAME = `admin@${DOMAIN}`;
/** Seconds an agent has to accept before the request goes on. */
const PUSH_TIMEOUT_SECONDS = 20;
const DEVELOPER_NAME = 'Demo';

export interface DemoAgent {
  readonly name: 'ana' | 'ben';
  readonly lastName: string;
  readonly capacity: number;
}

const AGENTS: readonly DemoAgent[] = [
  { name: 'ana', lastName: 'Alvarez', capacity: 2 },
  { name: 'ben', lastName: 'Baker', capacity: 3 },
];

export interface DemoOrg {
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly buttonId: string;
  readonly usernames: readonly string[];
  readonly clientId: string;
  /** undefined: not the one of this start, but of the start that made the demo. */
  readonly password: string | undefined;
}

/** Makes the demo organization's rows if they are missing; first start must have run with the demo's administrator. */
export async function seedDemoOrg(db: Database, demoPassword: string): Promise<DemoOrg> {
  const { ids, isNew } = await db.tx(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [SET_UP_LOCK]);
    const known = await findDemo(tx);
    if (known !== undefined) return { ids: known, isNew: false };
    await seed(tx, demoPassword);
    const made = await findDemo(tx);
    if (made === undefined) throw new Error('the demo organization is incomplete');
    return { ids: made, isNew: true };
  });
  const usernames = ['admin', 'supervisor', ...AGENTS.map(({ name }) => name)].map(
    (name) => `${name}@${DOMAIN}`,
  );
  const isThisPassword = isNew || (await isPasswordOf(db, `ana@${DOMAIN}`, demoPassword));
  return { ...ids, usernames, clientId: PLATFORM_CLI, password: isThisPassword ? demoPassword : undefined };
}

type Ids = Pick<DemoOrg, 'organizationId' | 'deploymentId' | 'buttonId'>;

async function findDemo(tx: Tx): Promise<Ids | undefined> {
  const [row] = await tx.query<Ids>(
    `SELECT o.id AS "organizationId", d.id AS "deploymentId", b.id AS "buttonId"
       FROM so_organization o, so_live_chat_deployment d, so_live_chat_button b
      WHERE d.developer_name = $1 AND b.developer_name = $1`,
    [DEVELOPER_NAME],
  );
  return row;
}

async function isPasswordOf(db: Database, username: string, password: string): Promise<boolean> {
  const [row] = await db.query<{ hash: string }>(
    'SELECT c.hash FROM credential c JOIN so_user u ON u.id = c.user_id WHERE u.username = $1',
    [username],
  );
  return row !== undefined && verifyPassword(password, row.hash);
}

async function seed(tx: Tx, password: string): Promise<void> {
  const caller = await automatedCaller(tx);
  const [administrator] = await tx.query('SELECT 1 FROM so_user WHERE username = $1', [DEMO_ADMIN_USERNAME]);
  if (administrator === undefined) {
    await addUserIn(tx, {
      username: DEMO_ADMIN_USERNAME,
      lastName: 'Administrator',
      profile: 'administrator',
      password,
    });
  }
  const supervisor = await addUserIn(tx, {
    username: `supervisor@${DOMAIN}`,
    firstName: 'Sue',
    lastName: 'Pervis',
    profile: 'supervisor',
    password,
  });

  const [skillId] = await createAll(tx, caller, skill, [
    { DeveloperName: DEVELOPER_NAME, MasterLabel: 'Demo Support', Description: 'Answers in the demo.' },
  ]);
  const [deploymentId] = await createAll(tx, caller, liveChatDeployment, [
    {
      DeveloperName: DEVELOPER_NAME,
      MasterLabel: 'Demo Deployment',
      WindowTitle: 'Chat with us',
      OptionsHasPrechatApi: true,
    },
  ]);
  const [buttonId] = await createAll(tx, caller, liveChatButton, [
    {
      DeveloperName: DEVELOPER_NAME,
      MasterLabel: 'Demo Button',
      RoutingType: 'LeastActive',
      Type: 'Standard',
      SkillId: skillId,
      PushTimeout: PUSH_TIMEOUT_SECONDS,
      HasQueue: true,
      OverallQueueLength: 100,
      OptionsHasRerouteDeclinedRequest: true,
      WindowLanguage: 'en_US',
      IsActive: true,
    },
  ]);
  await createAll(tx, caller, liveChatButtonDeployment, [{ ButtonId: buttonId, DeploymentId: deploymentId }]);

  for (const { name, lastName, capacity } of AGENTS) {
    const { userId } = await addUserIn(tx, {
      username: `${name}@${DOMAIN}`,
      firstName: name.replace(/^./, (letter) => letter.toUpperCase()),
      lastName,
      profile: 'agent',
      password,
    });
    await createAll(tx, caller, skillUser, [{ SkillId: skillId, UserId: userId }]);
    await assignConfig(tx, userId, {
      DeveloperName: `Demo_${name}`,
      MasterLabel: `Demo ${name}`,
      Capacity: capacity,
    });
  }
  await assignConfig(tx, supervisor.userId, {
    DeveloperName: 'Demo_supervisor',
    MasterLabel: 'Demo supervisor',
    Capacity: 0,
    SupervisorDefaultAgentStatus: 'Online',
    SupervisorDefaultButtonId: buttonId,
    SupervisorDefaultSkillId: skillId,
  });
}

/** A configuration of one user, with everything the demo shows switched on. */
async function assignConfig(tx: Tx, userId: string, config: RecordInput): Promise<void> {
  const caller = await automatedCaller(tx);
  const [configId] = await createAll(tx, caller, liveChatUserConfig, [
    {
      HasSneakPeek: true,
      HasRequestSound: true,
      HasNotifications: true,
      OptionsHasChatMonitoring: true,
      OptionsHasWhisperMessage: true,
      OptionsHasAgentSneakPeek: true,
      OptionsHasAgentFileTransfer: true,
      OptionsHasChatConferencing: true,
      OptionsHasVisitorBlocking: true,
      OptionsHasAssistanceFlag: true,
      OptionsHasChatTransferToButton: true,
      OptionsHasChatTransferToAgent: true,
      OptionsHasChatTransferToSkill: true,
      ...config,
    },
  ]);
  await createAll(tx, caller, liveChatUserConfigUser, [{ LiveChatUserConfigId: configId, UserId: userId }]);
}

/** How to use the demo, for the operator. */
export function demoLines(demo: DemoOrg, url: string): string[] {
  return [
    'Demo organization',
    `  organization id  ${demo.organizationId}`,
    `  deployment id    ${demo.deploymentId}`,
    `  button id        ${demo.buttonId}`,
    `  users            ${demo.usernames.join(', ')}`,
    `  password         ${demo.password ?? 'the DEMO_PASSWORD of the start that made the demo'}`,
    `  OAuth client id  ${demo.clientId}, or any other: the demo takes every client for the password grant`,
    `  log in           ${url}/services/oauth2/token or ${url}/services/Soap/u/58.0`,
    `  data API         ${url}/services/data`,
    `  chat API         ${url}/chat/rest`,
    `  agent socket     ${url.replace(/^http/, 'ws')}/live`,
  ];
}
