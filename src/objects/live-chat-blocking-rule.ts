/** A range of IP addresses that may not chat. */
import { auditFields, id, isDeleted, picklist, string, textarea, withUpdate } from './fields.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const liveChatBlockingRule = sObject({
  name: 'LiveChatBlockingRule',
  label: 'Chat Blocking Rule',
  labelPlural: 'Chat Blocking Rules',
  keyPrefix: '0No',
  idPrefix: '0No',
  minApiVersion: 34,
  supportedCalls: ['create', 'delete', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['DeveloperName']],
  fields: withUpdate([
    id('Chat Blocking Rule ID'),
    isDeleted,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Sort'),
    picklist(
      'Language',
      'Master Language',
      40,
      LANGUAGES,
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    string('MasterLabel', 'Chat Blocking Rule Name', 80, 'Create, Filter, Group, Sort', {
      flags: { nameField: true },
    }),
    ...auditFields,
    string('FromIpAddress', 'From IP Address', 39, 'Create, Filter, Group, Sort'),
    string('ToIpAddress', 'To IP Address', 39, 'Create, Filter, Group, Nillable, Sort'),
    textarea('Description', 'Description', 1000, 'Create, Nillable', {
      flags: { extraTypeInfo: 'plaintextarea' },
    }),
    picklist('OwnerType', 'Owner Type', 255, [], 'Filter, Group, Nillable, Restricted picklist, Sort'),
  ]),
  childRelationships: [],
});
