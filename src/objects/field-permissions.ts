/** What a permission set allows on a field (salesforce-data-api.md §22). */
import { checkbox, id, picklist, reference, systemModstamp } from './fields.js';
import { sObject } from './language.js';

export const fieldPermissions = sObject({
  name: 'FieldPermissions',
  label: 'Field Permissions',
  labelPlural: 'Field Permissions',
  keyPrefix: '01k',
  idPrefix: '01k',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['ParentId', 'Field']],
  fields: [
    id('Field Permissions ID'),
    reference('ParentId', 'Parent ID', 'PermissionSet', 'Create, Filter, Group, Sort'),
    picklist('SobjectType', 'SObject Type Name', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    picklist('Field', 'Field Name', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'fields',
    }),
    checkbox('PermissionsEdit', 'Edit Field', 'Create, Defaulted on create, Filter, Group, Sort, Update'),
    checkbox('PermissionsRead', 'Read Field', 'Create, Defaulted on create, Filter, Group, Sort, Update'),
    systemModstamp,
  ],
  childRelationships: [],
});
