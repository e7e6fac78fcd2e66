/** Computed: what a user may do with a record. */
import { checkbox, id, picklist, reference } from './fields.js';
import { NO_IDS } from './id-prefixes.js';
import { sObject } from './language.js';

export const userRecordAccess = sObject({
  name: 'UserRecordAccess',
  label: 'User Record Access',
  labelPlural: 'User Record Access',
  keyPrefix: null,
  idPrefix: NO_IDS,
  minApiVersion: 24,
  supportedCalls: ['describeSObjects', 'query'],
  flags: ['queryable'],
  computed: true,
  fields: [
    id('User Record Access ID'),
    reference('UserId', 'User ID', 'User', 'Filter, Group', { relationshipName: null }),
    picklist('RecordId', 'Record ID', 40, [], 'Filter, Group, Restricted picklist, Sort'),
    checkbox('HasReadAccess', 'Has Read Access', 'Defaulted on create, Filter, Group, Sort'),
    checkbox('HasEditAccess', 'Has Edit Access', 'Defaulted on create, Filter, Group, Sort'),
    checkbox('HasDeleteAccess', 'Has Delete Access', 'Defaulted on create, Filter, Group, Sort'),
    checkbox('HasTransferAccess', 'Has Transfer Access', 'Defaulted on create, Filter, Group, Sort'),
    checkbox('HasAllAccess', 'Has All Access', 'Defaulted on create, Filter, Group, Sort'),
    picklist(
      'MaxAccessLevel',
      'Maximum Access Level',
      40,
      [
        ['None', 'Private'],
        ['Read', 'Read Only'],
        ['Edit', 'Read/Write'],
        'Delete',
        ['Transfer', 'Read/Write/Transfer'],
        ['All', 'Owner'],
      ],
      'Group, Nillable, Restricted picklist, Sort',
    ),
  ],
  childRelationships: [],
});
