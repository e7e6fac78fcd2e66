/** Shares transcripts owned by the members of one group with another. */
import { auditFields, id, picklist, reference, string, textarea } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { sObject } from './language.js';

export const liveChatTranscriptOwnerSharingRule = sObject({
  name: 'LiveChatTranscriptOwnerSharingRule',
  label: 'Chat Transcript Owner Sharing Rule',
  labelPlural: 'Chat Transcript Owner Sharing Rule',
  keyPrefix: null,
  idPrefix: UNPUBLISHED_PREFIXES.LiveChatTranscriptOwnerSharingRule,
  minApiVersion: 29,
  supportedCalls: [
    'create',
    'delete',
    'describeSObjects',
    'getDeleted',
    'getUpdated',
    'query',
    'retrieve',
    'update',
    'upsert',
  ],
  flags: ['createable', 'deletable', 'queryable', 'replicateable', 'retrieveable', 'updateable'],
  hiddenFromDescribeGlobal: true,
  setup: true,
  uniqueTogether: [['DeveloperName']],
  fields: [
    id('Sharing Rule ID'),
    reference('GroupId', 'Group ID', 'Group', 'Create, Filter, Group, Sort'),
    reference('UserOrGroupId', 'User/Group ID', ['Group', 'User'], 'Create, Filter, Group, Sort'),
    string('Name', 'Name', 80, 'Create, Filter, Group, idLookup, Sort, Update'),
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Nillable, Sort, Update'),
    picklist(
      'AccessLevel',
      'Access Level',
      40,
      [
        ['Read', 'Read Only'],
        ['Edit', 'Read/Write'],
      ],
      'Create, Filter, Group, Restricted picklist, Sort, Update',
    ),
    textarea('Description', 'Description', 1000, 'Create, Filter, Nillable, Sort, Update'),
    ...auditFields,
  ],
  childRelationships: [],
});
