/** A pattern whose matches are removed or replaced in chats. */
import { auditFields, checkbox, id, int, isDeleted, picklist, string, textarea } from './fields.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const liveChatSensitiveDataRule = sObject({
  name: 'LiveChatSensitiveDataRule',
  label: 'Sensitive Data Rule',
  labelPlural: 'Sensitive Data Rules',
  keyPrefix: '0GO',
  idPrefix: '0GO',
  minApiVersion: 35,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['DeveloperName']],
  fields: [
    id('Sensitive Data Rule ID'),
    isDeleted,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Sort, Update'),
    picklist(
      'Language',
      'Master Language',
      40,
      LANGUAGES,
      'Create, Defaulted on create, Filter, Group, Nillable, Restricted picklist, Sort, Update',
    ),
    string('MasterLabel', 'Sensitive Data Rule Name', 80, 'Create, Filter, Group, Sort, Update', {
      flags: { nameField: true },
    }),
    string('NamespacePrefix', 'Namespace Prefix', 15, 'Filter, Group, Nillable, Sort'),
    ...auditFields,
    textarea('Pattern', 'Patterns', 1000, 'Create, Update', { flags: { extraTypeInfo: 'plaintextarea' } }),
    string('Replacement', 'Replacement Text', 255, 'Create, Filter, Group, Nillable, Sort, Update'),
    checkbox('IsEnabled', 'Active', 'Create, Defaulted on create, Filter, Group, Sort, Update'),
    picklist(
      'ActionType',
      'Action',
      255,
      ['Remove', ['Replace', 'Replace with']],
      'Create, Filter, Group, Restricted picklist, Sort, Update',
    ),
    int('EnforceOn', 'Enforce', 9, 'Create, Filter, Group, Sort, Update'),
    textarea('Description', 'Description', 1000, 'Create, Nillable, Update', {
      flags: { extraTypeInfo: 'plaintextarea' },
    }),
    int('Priority', 'Priority', 9, 'Create, Filter, Group, Nillable, Sort, Update'),
    picklist(
      'ProcessingType',
      'Rule Application',
      255,
      [
        ['Persist', 'Upon Saving Record'],
        ['RealTime', 'Real-Time'],
      ],
      'Create, Filter, Group, Nillable, Restricted picklist, Sort, Update',
      { minApiVersion: 61 },
    ),
    picklist(
      'Version',
      'Version',
      255,
      ['ONE', 'TWO'],
      'Create, Filter, Group, Nillable, Restricted picklist, Sort, Update',
      { minApiVersion: 61 },
    ),
  ],
  childRelationships: [],
});
