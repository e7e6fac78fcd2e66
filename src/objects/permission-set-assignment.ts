/** A permission set given to a user. */
import { checkbox, datetime, id, reference } from './fields.js';
import { sObject } from './language.js';

export const permissionSetAssignment = sObject({
  name: 'PermissionSetAssignment',
  label: 'Permission Set Assignment',
  labelPlural: 'Permission Set Assignments',
  keyPrefix: '0Pa',
  idPrefix: '0Pa',
  minApiVersion: 22,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['AssigneeId', 'PermissionSetId']],
  fields: [
    id('PermissionSetAssignment ID'),
    reference(
      'PermissionSetId',
      'PermissionSet ID',
      'PermissionSet',
      'Create, Filter, Group, Nillable, Sort',
    ),
    reference(
      'PermissionSetGroupId',
      'PermissionSetGroup ID',
      'PermissionSetGroup',
      'Create, Filter, Group, Nillable, Sort',
    ),
    reference('AssigneeId', 'Assignee ID', 'User', 'Create, Filter, Group, Sort'),
    datetime('SystemModstamp', 'Date Assigned', 'Defaulted on create, Filter, Sort', { system: true }),
    datetime('ExpirationDate', 'Expires On', 'Create, Filter, Nillable, Sort, Update', { minApiVersion: 52 }),
    checkbox('IsActive', 'Is Active', 'Defaulted on create, Filter, Group, Sort', { minApiVersion: 52 }),
    checkbox('IsRevoked', 'Is Revoked', 'Defaulted on create, Filter, Group, Sort, Update', {
      minApiVersion: 57,
    }),
  ],
  childRelationships: [],
});
