/** What kind of user one is: the base of all permissions. */
import { child } from './children.js';
import {
  auditFields,
  id,
  lastReferencedDate,
  lastViewedDate,
  picklist,
  reference,
  string,
} from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';
import { systemPermissions } from './system-permissions.js';

export const profile = sObject({
  name: 'Profile',
  label: 'Profile',
  labelPlural: 'Profile',
  keyPrefix: '00e',
  idPrefix: '00e',
  minApiVersion: EVERY_VERSION,
  supportedCalls: [
    'create',
    'delete',
    'describeSObjects',
    'getDeleted',
    'getUpdated',
    'query',
    'retrieve',
    'search',
    'update',
    'upsert',
  ],
  flags: [
    'createable',
    'deletable',
    'mruEnabled',
    'queryable',
    'replicateable',
    'retrieveable',
    'searchable',
    'updateable',
  ],
  setup: true,
  uniqueTogether: [['Name']],
  fields: [
    id('Profile ID'),
    string('Name', 'Name', 255, 'Create, Filter, Group, idLookup, Sort, Update', {
      flags: { nameField: true },
    }),
    ...systemPermissions,
    reference('UserLicenseId', 'User License ID', 'UserLicense', 'Create, Filter, Group, Sort'),
    picklist(
      'UserType',
      'User Type',
      40,
      [
        'Standard',
        ['PowerPartner', 'Partner'],
        ['PowerCustomerSuccess', 'Customer Portal Manager'],
        ['CustomerSuccess', 'Customer Portal User'],
        'Guest',
        ['CspLitePortal', 'High Volume Portal'],
        ['CsnOnly', 'CSN Only'],
        ['SelfService', 'Self Service'],
      ],
      'Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    ...auditFields,
    string('Description', 'Description', 255, 'Create, Filter, Group, Nillable, Sort, Update'),
    lastViewedDate,
    lastReferencedDate,
  ],
  childRelationships: [
    child('LiveChatUserConfigProfile', 'ProfileId', null),
    child('PermissionSet', 'ProfileId', null),
    child('RecentlyViewed', 'ProfileId', null),
    child('SkillProfile', 'ProfileId', null),
    child('User', 'ProfileId', 'Users'),
  ],
});
