/** Shares sessions owned by the members of one group with another (salesforce-data-api.md §3.5). */
import { auditFields, id, picklist, reference, string, textarea } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { sObject } from './language.js';

export const liveAgentSessionOwnerSharingRule = sObject({
  name: 'LiveAgentSessionOwnerSharingRule',
  label: 'Chat Session Owner Sharing Rule',
  labelPlural: 'Chat Session Owner Sharing Rule',
  keyPrefix: null,
  idPrefix: UNPUBLISHED_PREFIXES.LiveAgentSessionOwnerSharingRule,
  minApiVersion: 28,
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
    reference('GroupId', 'Group ID', 'Group', 'Create, Filter, Group, Sort', {
      description: 'Group whose members own the rows that the rule shares.',
    }),
    reference('UserOrGroupId', 'User/Group ID', ['Group', 'User'], 'Create, Filter, Group, Sort', {
      description: 'Who receives the access.',
    }),
    string('Name', 'Name', 80, 'Create, Filter, Group, idLookup, Sort, Update', {
      description: 'Label of the rule, at most 80 characters.',
    }),
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Nillable, Sort, Update', {
      description:
        'Unique API name: letters, digits and underscores, starts with a letter, no double or trailing underscore.',
    }),
    picklist(
      'AccessLevel',
      'Access Level',
      40,
      ['Read', 'Edit'],
      'Create, Filter, Group, Restricted picklist, Sort, Update',
      { description: 'Access the rule grants.' },
    ),
    textarea('Description', 'Description', 1000, 'Create, Filter, Nillable, Sort, Update', {
      description: 'Free text about the rule, at most 1000 characters.',
    }),
    ...auditFields,
  ],
  childRelationships: [],
});
