/** A public group, a queue (Type Queue) or the group behind a role. */
import { child } from './children.js';
import { auditFields, checkbox, email, id, POLYMORPHIC, picklist, reference, string } from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

const TYPES = [
  ['AllCustomerPortal', null],
  ['ChannelProgramGroup', null],
  ['CollaborationGroup', null],
  ['Manager', null],
  ['ManagerAndSubordinatesInternal', null],
  ['Organization', null],
  ['Participant', null],
  ['PRMOrganization', null],
  ['Queue', null],
  ['Regular', null],
  ['Role', null],
  ['RoleAndSubordinates', null],
  ['RoleAndSubordinatesInternal', null],
  ['SharingRecordCollGroup', null],
  ['Territory', null],
  ['TerritoryAndSubordinates', null],
] as const;

export const group = sObject({
  name: 'Group',
  label: 'Group',
  labelPlural: 'Group',
  keyPrefix: '00G',
  idPrefix: '00G',
  minApiVersion: EVERY_VERSION,
  supportedCalls: [
    'create',
    'delete',
    'describeSObjects',
    'getDeleted',
    'getUpdated',
    'query',
    'retrieve',
    'search',
    'update',
    'upsert',
  ],
  flags: [
    'createable',
    'deletable',
    'queryable',
    'replicateable',
    'retrieveable',
    'searchable',
    'updateable',
  ],
  setup: true,
  uniqueTogether: [['DeveloperName', 'Type']],
  fields: [
    id('Group ID'),
    string('Name', 'Name', 40, 'Create, Filter, Group, idLookup, Sort, Update', {
      flags: { nameField: true },
    }),
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Nillable, Sort, Update'),
    reference('RelatedId', 'Related ID', ['User', 'UserRole'], 'Filter, Group, Nillable, Sort', {
      flags: POLYMORPHIC,
    }),
    picklist('Type', 'Type', 40, TYPES, 'Create, Filter, Group, Restricted picklist, Sort'),
    email('Email', 'Email', 255, 'Create, Filter, Group, Nillable, Sort, Update'),
    reference('OwnerId', 'Owner ID', ['Organization', 'User'], 'Filter, Group, Sort', { flags: POLYMORPHIC }),
    checkbox(
      'DoesSendEmailToMembers',
      'Send Email to Members',
      'Create, Defaulted on create, Filter, Group, Sort, Update',
    ),
    checkbox(
      'DoesIncludeBosses',
      'Include Bosses',
      'Create, Defaulted on create, Filter, Group, Sort, Update',
    ),
    ...auditFields,
  ],
  childRelationships: [
    child('AgentWork', 'OriginalGroupId', null),
    child('GroupMember', 'GroupId', 'GroupMembers', { cascadeDelete: true }),
    child('GroupMember', 'UserOrGroupId', null, { cascadeDelete: true }),
    child('LiveAgentSessionShare', 'UserOrGroupId', null, { cascadeDelete: true }),
    child('LiveChatButton', 'QueueId', null),
    child('LiveChatTranscriptShare', 'UserOrGroupId', null, { cascadeDelete: true }),
    child('QueueSobject', 'QueueId', 'QueueSobjects', { cascadeDelete: true }),
    child('User', 'DelegatedApproverId', 'DelegatedUsers'),
  ],
});
