/** A user or group inside a public group or queue. */
import { id, POLYMORPHIC, reference, systemModstamp } from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

export const groupMember = sObject({
  name: 'GroupMember',
  label: 'Group Member',
  labelPlural: 'Group Member',
  keyPrefix: '011',
  idPrefix: '011',
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'getDeleted', 'getUpdated', 'query', 'retrieve'],
  flags: ['createable', 'deletable', 'queryable', 'replicateable', 'retrieveable'],
  setup: true,
  uniqueTogether: [['GroupId', 'UserOrGroupId']],
  fields: [
    id('Group Member ID'),
    reference('GroupId', 'Group ID', 'Group', 'Create, Filter, Group, Sort'),
    reference('UserOrGroupId', 'User/Group ID', ['Group', 'User'], 'Create, Filter, Group, Sort', {
      flags: POLYMORPHIC,
    }),
    systemModstamp,
  ],
  childRelationships: [],
});
