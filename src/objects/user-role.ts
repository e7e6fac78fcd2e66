/** A place in the role hierarchy, which opens the rows of those below. */
import { child } from './children.js';
import {
  checkbox,
  id,
  lastModifiedById,
  lastModifiedDate,
  picklist,
  reference,
  string,
  systemModstamp,
} from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

export const userRole = sObject({
  name: 'UserRole',
  label: 'Role',
  labelPlural: 'Role',
  keyPrefix: '00E',
  idPrefix: '00E',
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
    'queryable',
    'replicateable',
    'retrieveable',
    'searchable',
    'updateable',
  ],
  setup: true,
  uniqueTogether: [['DeveloperName']],
  fields: [
    id('Role ID'),
    string('Name', 'Name', 80, 'Create, Filter, Group, idLookup, Sort, Update', {
      flags: { nameField: true },
    }),
    reference('ParentRoleId', 'Parent Role ID', 'UserRole', 'Create, Filter, Group, Nillable, Sort, Update', {
      relationshipName: null,
    }),
    string('RollupDescription', 'Description', 80, 'Create, Filter, Group, Nillable, Sort, Update'),
    picklist(
      'OpportunityAccessForAccountOwner',
      'Opportunity Access Level for Account Owner',
      40,
      [
        ['None', 'Private'],
        ['Read', 'Read Only'],
        ['Edit', 'Read/Write'],
      ],
      'Create, Filter, Group, Restricted picklist, Sort, Update',
    ),
    picklist(
      'CaseAccessForAccountOwner',
      'Case Access Level for Account Owner',
      40,
      [
        ['None', 'Private'],
        ['Read', 'Read Only'],
        ['Edit', 'Read/Write'],
      ],
      'Create, Filter, Group, Nillable, Restricted picklist, Sort, Update',
    ),
    picklist(
      'ContactAccessForAccountOwner',
      'Contact Access Level for Account Owner',
      40,
      [
        ['None', 'Private'],
        ['Read', 'Read Only'],
        ['Edit', 'Read/Write'],
      ],
      'Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    reference('ForecastUserId', 'User ID', 'User', 'Create, Filter, Group, Nillable, Sort, Update', {
      relationshipName: null,
    }),
    checkbox(
      'MayForecastManagerShare',
      'May Forecast Manager Share',
      'Defaulted on create, Filter, Group, Sort',
    ),
    lastModifiedDate,
    lastModifiedById,
    systemModstamp,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Nillable, Sort, Update'),
    reference('PortalAccountId', 'Account ID', 'Account', 'Create, Filter, Group, Nillable, Sort', {
      relationshipName: null,
    }),
    picklist(
      'PortalType',
      'Portal Type',
      40,
      ['None', ['CustomerPortal', 'Customer Portal'], ['Partner', 'Partner Portal']],
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    reference('PortalAccountOwnerId', 'User ID', 'User', 'Filter, Group, Nillable, Sort', {
      relationshipName: null,
    }),
  ],
  childRelationships: [
    child('Group', 'RelatedId', null),
    child('RecentlyViewed', 'UserRoleId', null),
    child('User', 'UserRoleId', 'Users'),
    child('UserRole', 'ParentRoleId', null),
  ],
});
