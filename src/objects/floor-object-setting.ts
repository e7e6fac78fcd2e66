/**
 * Floorwalker's own: what an administrator decides for an object as a whole. The vendor keeps these on set-up pages
 * and in metadata; here they are rows like any other, one an object.
 */
import { auditFields, id, picklist, string } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { EVERY_VERSION, sObject } from './language.js';

export const floorObjectSetting = sObject({
  name: 'FloorObjectSetting',
  label: 'Object Setting',
  labelPlural: 'Object Settings',
  keyPrefix: UNPUBLISHED_PREFIXES.FloorObjectSetting,
  idPrefix: UNPUBLISHED_PREFIXES.FloorObjectSetting,
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['SobjectType']],
  fields: [
    id('Object Setting ID'),
    picklist('SobjectType', 'SObject Type Name', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    picklist(
      'InternalSharingModel',
      'Organization-Wide Default',
      40,
      [
        'Private',
        ['Read', 'Public Read Only'],
        { value: 'ReadWrite', label: 'Public Read/Write', default: true },
      ],
      'Create, Defaulted on create, Filter, Group, Restricted picklist, Sort, Update',
      { defaultValue: 'ReadWrite', description: 'What users may do with rows nobody shared with them.' },
    ),
    string('AutonumberFormat', 'Auto-Number Format', 30, 'Create, Filter, Group, Nillable, Sort, Update', {
      description: 'Display format of the name of new rows, such as S-{00000000}; null leaves it as it is.',
    }),
    ...auditFields,
  ],
  childRelationships: [],
});
