/** Permissions added to what a profile gives; each profile has a shadow permission set that carries its own. */
import { child } from './children.js';
import { auditFields, checkbox, id, POLYMORPHIC, picklist, reference, string } from './fields.js';
import { sObject } from './language.js';
import { systemPermissions } from './system-permissions.js';

export const permissionSet = sObject({
  name: 'PermissionSet',
  label: 'Permission Set',
  labelPlural: 'Permission Sets',
  keyPrefix: '0PS',
  idPrefix: '0PS',
  minApiVersion: 22,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'search', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'searchable', 'updateable'],
  setup: true,
  uniqueTogether: [['Name']],
  fields: [
    id('PermissionSet ID'),
    string('Name', 'Permission Set Name', 80, 'Create, Filter, Group, Sort, Update', {
      flags: { nameField: true },
    }),
    string('Label', 'Permission Set Label', 80, 'Create, Filter, Group, Sort, Update'),
    reference(
      'LicenseId',
      'License ID',
      ['PermissionSetLicense', 'UserLicense'],
      'Create, Filter, Group, Nillable, Sort',
      { flags: POLYMORPHIC },
    ),
    reference('ProfileId', 'Profile ID', 'Profile', 'Filter, Group, Nillable, Sort'),
    checkbox('IsOwnedByProfile', 'Is Owned By Profile', 'Defaulted on create, Filter, Group, Sort'),
    checkbox('IsCustom', 'Is Custom', 'Defaulted on create, Filter, Group, Sort'),
    ...systemPermissions,
    string('Description', 'Description', 255, 'Create, Filter, Group, Nillable, Sort, Update'),
    ...auditFields,
    string('NamespacePrefix', 'Namespace Prefix', 15, 'Filter, Group, Nillable, Sort'),
    checkbox(
      'HasActivationRequired',
      'Session Activation Required',
      'Create, Defaulted on create, Filter, Group, Sort, Update',
    ),
    reference(
      'PermissionSetGroupId',
      'PermissionSetGroup ID',
      'PermissionSetGroup',
      'Filter, Group, Nillable, Sort',
    ),
    picklist(
      'Type',
      'Permission Set Type',
      40,
      [
        { value: 'Regular', label: null, default: true },
        ['Profile', null],
        ['Group', null],
        ['Session', null],
        ['Integration', null],
        ['Standard', null],
      ],
      'Filter, Group, Nillable, Restricted picklist, Sort',
      { defaultValue: 'Regular' },
    ),
  ],
  childRelationships: [
    child('FieldPermissions', 'ParentId', 'FieldPerms', { cascadeDelete: true }),
    child('ObjectPermissions', 'ParentId', 'ObjectPerms', { cascadeDelete: true }),
    child('PermissionSetAssignment', 'PermissionSetId', 'Assignments'),
  ],
});
