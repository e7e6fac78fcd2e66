/** Floorwalker's own: whether changes of a field are recorded in the History object, one row a field switched on. */
import { auditFields, checkbox, id, picklist } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { EVERY_VERSION, sObject } from './language.js';

export const floorFieldSetting = sObject({
  name: 'FloorFieldSetting',
  label: 'Field Setting',
  labelPlural: 'Field Settings',
  keyPrefix: UNPUBLISHED_PREFIXES.FloorFieldSetting,
  idPrefix: UNPUBLISHED_PREFIXES.FloorFieldSetting,
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['Field']],
  fields: [
    id('Field Setting ID'),
    picklist('SobjectType', 'SObject Type Name', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    picklist('Field', 'Field Name', 80, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'trackableFields',
    }),
    checkbox(
      'IsHistoryTracked',
      'Track Field History',
      'Create, Defaulted on create, Filter, Group, Sort, Update',
    ),
    ...auditFields,
  ],
  childRelationships: [],
});
