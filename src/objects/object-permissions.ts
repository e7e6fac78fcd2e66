/** What a permission set allows on an object (salesforce-data-api.md §22). */
import { auditFields, bit, id, picklist, reference } from './fields.js';
import { sObject } from './language.js';

export const objectPermissions = sObject({
  name: 'ObjectPermissions',
  label: 'Object Permissions',
  labelPlural: 'Object Permissions',
  keyPrefix: '110',
  idPrefix: '110',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['ParentId', 'SobjectType']],
  fields: [
    id('ObjectPermissions ID'),
    reference('ParentId', 'Parent ID', 'PermissionSet', 'Create, Filter, Group, Sort'),
    picklist('SobjectType', 'SObject Type Name', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    bit('PermissionsCreate', 'Create Records', 'Create, Filter, Update'),
    bit('PermissionsRead', 'Read Records', 'Create, Filter, Update'),
    bit('PermissionsEdit', 'Edit Records', 'Create, Filter, Update'),
    bit('PermissionsDelete', 'Delete Records', 'Create, Filter, Update'),
    bit('PermissionsViewAllRecords', 'Read All Records', 'Create, Filter, Update'),
    bit('PermissionsModifyAllRecords', 'Edit All Records', 'Create, Filter, Update'),
    ...auditFields,
  ],
  childRelationships: [],
});
