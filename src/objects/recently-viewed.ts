/** Computed: the caller's recently viewed records of all objects. */
import { checkbox, datetime, email, id, phone, picklist, reference, string } from './fields.js';
import { NO_IDS } from './id-prefixes.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const recentlyViewed = sObject({
  name: 'RecentlyViewed',
  label: 'Recently Viewed',
  labelPlural: 'Recently Viewed',
  keyPrefix: null,
  idPrefix: NO_IDS,
  minApiVersion: 29,
  supportedCalls: ['describeSObjects', 'query', 'update'],
  flags: ['mruEnabled', 'queryable', 'updateable'],
  computed: true,
  fields: [
    id('Recently Viewed ID', 'Defaulted on create, Filter, Group, Sort'),
    string('Name', 'Name', 255, 'Filter, Group, Nillable, Sort', {
      flags: { nameField: true, extraTypeInfo: 'switchablepersonname' },
    }),
    string('LastName', 'Last Name', 80, 'Filter, Group, Nillable, Sort', {
      flags: { extraTypeInfo: 'switchablepersonname' },
    }),
    string('FirstName', 'First Name', 40, 'Filter, Group, Nillable, Sort', {
      flags: { extraTypeInfo: 'switchablepersonname' },
    }),
    picklist('Type', 'Type', 40, [], 'Filter, Group, Nillable, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    string('Alias', 'Alias', 8, 'Filter, Group, Nillable, Sort'),
    reference('UserRoleId', 'Role ID', 'UserRole', 'Filter, Group, Nillable, Sort'),
    reference('RecordTypeId', 'Record Type ID', 'RecordType', 'Filter, Group, Nillable, Sort'),
    checkbox('IsActive', 'Active', 'Defaulted on create, Filter, Group, Sort'),
    reference('ProfileId', 'Profile ID', 'Profile', 'Filter, Group, Nillable, Sort'),
    string('Title', 'Title', 80, 'Filter, Group, Nillable, Sort'),
    email('Email', 'Email', 80, 'Filter, Group, Nillable, Sort'),
    phone('Phone', 'Phone', 40, 'Filter, Group, Nillable, Sort'),
    string('NameOrAlias', 'Name or Alias', 80, 'Filter, Group, Nillable, Sort'),
    datetime('LastViewedDate', 'Last Viewed Date', 'Filter, Nillable, Sort, Update', { perUser: true }),
    datetime('LastReferencedDate', 'Last Referenced Date', 'Filter, Nillable, Sort, Update', {
      perUser: true,
    }),
    picklist('Language', 'Language', 40, LANGUAGES, 'Group, Nillable, Restricted picklist, Sort'),
  ],
  childRelationships: [],
});
