/** Chat configuration of agents: capacity, what they may do, what their supervisors see. */
import { child } from './children.js';
import {
  auditFields,
  bit,
  checkbox,
  id,
  int,
  isDeleted,
  picklist,
  reference,
  string,
  textarea,
  withUpdate,
} from './fields.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const liveChatUserConfig = sObject({
  name: 'LiveChatUserConfig',
  label: 'Chat Agent Configuration',
  labelPlural: 'Chat Agent Configurations',
  keyPrefix: '0C6',
  idPrefix: '0C6',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  fields: withUpdate([
    id('Chat Agent Configuration ID'),
    isDeleted,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Nillable, Sort'),
    picklist(
      'Language',
      'Master Language',
      40,
      LANGUAGES,
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    string('MasterLabel', 'Chat Agent Configuration Name', 80, 'Create, Filter, Group, Sort', {
      flags: { nameField: true },
    }),
    ...auditFields,
    int('Capacity', 'Chat Capacity', 9, 'Create, Filter, Group, Nillable, Sort'),
    checkbox('HasSneakPeek', 'Sneak Peek Enabled', 'Create, Defaulted on create, Filter, Group, Sort'),
    checkbox(
      'HasRequestSound',
      'Play a notification sound for chat requests',
      'Create, Defaulted on create, Filter, Group, Sort',
    ),
    checkbox(
      'HasLogoutSound',
      'Play a notification sound if Omni Channel loses connection',
      'Create, Defaulted on create, Filter, Group, Sort',
    ),
    textarea('AutoGreeting', 'Auto Greeting', 1000, 'Create, Nillable', {
      flags: { extraTypeInfo: 'plaintextarea' },
    }),
    checkbox('HasNotifications', 'Notifications Enabled', 'Create, Defaulted on create, Filter, Group, Sort'),
    checkbox(
      'IsAutoAwayOnDecline',
      'Auto Away on Decline',
      'Create, Defaulted on create, Filter, Group, Sort',
    ),
    int('CriticalWaitTime', 'Critical Wait Alert Time (seconds)', 9, 'Create, Filter, Group, Nillable, Sort'),
    bit('OptionsHasChatMonitoring', 'Chat Monitoring Enabled', 'Create, Filter'),
    bit('OptionsHasWhisperMessage', 'Whisper Messages Enabled', 'Create, Filter'),
    bit('OptionsHasAgentSneakPeek', 'Agent Sneak Peek Enabled', 'Create, Filter'),
    bit('OptionsHasAgentFileTransfer', 'Agent File Transfer Enabled', 'Create, Filter'),
    bit('OptionsHasChatConferencing', 'Chat Conferencing Enabled', 'Create, Filter'),
    bit('OptionsHasVisitorBlocking', 'Visitor Blocking Enabled', 'Create, Filter'),
    bit('OptionsIsAutoAwayOnPushTimeout', 'Auto Away on Push Time-Out', 'Create, Filter'),
    bit('OptionsHasAssistanceFlag', 'Assistance Flag Enabled', 'Create, Filter'),
    bit('OptionsHasChatTransferToButton', 'Chat Transfer To Chat Buttons Enabled', 'Create, Filter'),
    bit('OptionsHasChatTransferToAgent', 'Chat Transfer To Agents Enabled', 'Create, Filter'),
    bit('OptionsHasChatTransferToSkill', 'Chat Transfer To Skills Enabled', 'Create, Filter'),
    bit('OptionsHasTransferConferenceGreeting', 'HasTransferConferenceGreeting', 'Create, Filter, Update', {
      minApiVersion: 53,
    }),
    picklist(
      'SupervisorDefaultAgentStatus',
      'Default Agent Status Filter',
      255,
      ['Online', 'Away', 'Offline'],
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    reference('SupervisorDefaultSkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Nillable, Sort'),
    reference(
      'SupervisorDefaultButtonId',
      'Chat Button ID',
      'LiveChatButton',
      'Create, Filter, Group, Nillable, Sort',
    ),
    string('CustomAgentName', 'Custom Agent Name', 255, 'Create, Filter, Group, Nillable, Sort'),
    checkbox(
      'HasTransferConferenceGreeting',
      'Disable Auto Greeting on Transfer/Conference',
      'Create, Defaulted on create, Filter, Group, Sort, Update',
      { minApiVersion: 53 },
    ),
  ]),
  childRelationships: [
    child('LiveChatUserConfigProfile', 'LiveChatUserConfigId', null),
    child('LiveChatUserConfigUser', 'LiveChatUserConfigId', null),
    child('UserConfigTransferButton', 'LiveChatUserConfigId', null),
    child('UserConfigTransferSkill', 'LiveChatUserConfigId', null),
  ],
});
