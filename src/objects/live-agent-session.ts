/** One agent login to the chat floor: inserted once, when the login ends, with its final figures (salesforce-data-api.md §3.1). */
import { child } from './children.js';
import {
  auditFields,
  datetime,
  id,
  int,
  isDeleted,
  lastReferencedDate,
  lastViewedDate,
  ownerId,
  reference,
  string,
} from './fields.js';
import { sObject } from './language.js';

export const liveAgentSession = sObject({
  name: 'LiveAgentSession',
  label: 'Chat Session',
  labelPlural: 'Chat Sessions',
  keyPrefix: '0HK',
  idPrefix: '0HK',
  minApiVersion: 28,
  supportedCalls: [
    'create',
    'delete',
    'describeLayout',
    'describeSObjects',
    'getDeleted',
    'getUpdated',
    'query',
    'retrieve',
    'search',
    'undelete',
    'update',
  ],
  flags: [
    'createable',
    'deletable',
    'layoutable',
    'mruEnabled',
    'queryable',
    'replicateable',
    'retrieveable',
    'searchable',
    'triggerable',
    'undeletable',
    'updateable',
    'searchLayoutable',
    'compactLayoutable',
  ],
  fields: [
    id('Chat Session ID'),
    ownerId,
    isDeleted,
    string('Name', 'Chat Session Name', 255, 'Autonumber, Defaulted on create, Filter, idLookup, Sort', {
      flags: { nameField: true, autoNumber: true, unique: false },
      description: 'Number the server gives the session; never writable.',
    }),
    ...auditFields,
    lastViewedDate,
    lastReferencedDate,
    reference('AgentId', 'User ID', 'User', 'Create, Filter, Group, Sort, Update', {
      description: 'The agent whose log-in this session is.',
    }),
    datetime('LoginTime', 'Login Time', 'Create, Filter, Sort, Update', {
      description: 'Moment the agent logged in.',
    }),
    datetime('LogoutTime', 'Logout Time', 'Create, Filter, Sort, Update', {
      description: 'Moment the agent logged out.',
    }),
    int('TimeInOnlineStatus', 'Time Spent Online', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      unit: 'seconds',
      description: "Seconds the agent's status was Online.",
    }),
    int('TimeInAwayStatus', 'Time Spent Away', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      unit: 'seconds',
      description: "Seconds the agent's status was Away.",
    }),
    int('TimeInChats', 'Time Spent in Chats', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      unit: 'seconds',
      description: 'Seconds the agent was engaged in chats.',
    }),
    int('TimeIdle', 'Time Idle', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      unit: 'seconds',
      description: 'Seconds the agent was idle.',
    }),
    int('TimeAtCapacity', 'Time Spent at Capacity', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      unit: 'seconds',
      description: 'Seconds the agent carried as many chats as the configuration allows.',
    }),
    int('ChatReqAssigned', 'Chat Requests Assigned', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      description: 'Chat requests given to the agent in the session.',
    }),
    int('ChatReqEngaged', 'Chat Requests Engaged', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      description: 'Chats the agent took part in.',
    }),
    int(
      'ChatReqDeclined',
      'Chat Requests Declined (Manually)',
      9,
      'Create, Filter, Group, Nillable, Sort, Update',
      { description: 'Requests the agent turned down by hand.' },
    ),
    int(
      'ChatReqTimedOut',
      'Chat Requests Declined (Push Timeout)',
      9,
      'Create, Filter, Group, Nillable, Sort, Update',
      { description: 'Requests the agent let run past the push time-out.' },
    ),
    int('NumFlagRaised', 'Assistance Flags Raised', 9, 'Create, Filter, Group, Nillable, Sort, Update', {
      description: 'Assistance flags the agent raised.',
    }),
    int(
      'NumFlagLoweredAgent',
      'Assistance Flags Lowered (Agent)',
      9,
      'Create, Filter, Group, Nillable, Sort, Update',
      { description: 'Assistance flags lowered by the agent.' },
    ),
    int(
      'NumFlagLoweredSupervisor',
      'Assistance Flags Lowered (Supervisor)',
      9,
      'Create, Filter, Group, Nillable, Sort, Update',
      { description: 'Assistance flags lowered by a supervisor.' },
    ),
  ],
  childRelationships: [
    child('LiveAgentSessionHistory', 'LiveAgentSessionId', 'Histories', { cascadeDelete: true }),
    child('LiveAgentSessionShare', 'ParentId', 'Shares', { cascadeDelete: true }),
  ],
  layout: {
    name: 'Chat Session Layout',
    sections: [
      {
        heading: null,
        showHeadingOnDetail: false,
        showHeadingOnEdit: true,
        columns: [
          [
            { field: 'Name', behavior: 'Readonly' },
            { field: 'LoginTime', behavior: 'Required' },
          ],
          [
            { field: 'AgentId', behavior: 'Required' },
            { field: 'LogoutTime', behavior: 'Required' },
          ],
        ],
      },
      {
        heading: 'Session Time Metrics',
        showHeadingOnDetail: true,
        showHeadingOnEdit: true,
        columns: [
          [
            { field: 'TimeInOnlineStatus', behavior: 'Edit' },
            { field: 'TimeInChats', behavior: 'Edit' },
            { field: 'TimeAtCapacity', behavior: 'Edit' },
          ],
          [
            { field: 'TimeIdle', behavior: 'Edit' },
            { field: 'TimeInAwayStatus', behavior: 'Edit' },
          ],
        ],
      },
      {
        heading: 'Session Activity Metrics',
        showHeadingOnDetail: true,
        showHeadingOnEdit: true,
        columns: [
          [
            { field: 'ChatReqAssigned', behavior: 'Edit' },
            { field: 'ChatReqEngaged', behavior: 'Edit' },
            { field: 'NumFlagRaised', behavior: 'Edit' },
          ],
          [
            { field: 'ChatReqDeclined', behavior: 'Edit' },
            { field: 'ChatReqTimedOut', behavior: 'Edit' },
            { field: 'NumFlagLoweredAgent', behavior: 'Edit' },
            { field: 'NumFlagLoweredSupervisor', behavior: 'Edit' },
          ],
        ],
      },
      { heading: 'Custom Links', showHeadingOnDetail: true, showHeadingOnEdit: true, columns: [] },
    ],
    compactLayoutFields: ['Name'],
    listColumns: ['AgentId', 'LoginTime', 'LogoutTime'],
  },
  trackableHistoryFields: [
    'OwnerId',
    'AgentId',
    'LoginTime',
    'LogoutTime',
    'TimeInOnlineStatus',
    'TimeInAwayStatus',
    'TimeInChats',
    'TimeIdle',
    'TimeAtCapacity',
    'ChatReqAssigned',
    'ChatReqEngaged',
    'ChatReqDeclined',
    'ChatReqTimedOut',
    'NumFlagRaised',
    'NumFlagLoweredAgent',
    'NumFlagLoweredSupervisor',
  ],
});
