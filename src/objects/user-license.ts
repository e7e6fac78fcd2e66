/** The licence behind a profile. */
import { child } from './children.js';
import {
  createdDate,
  datetime,
  id,
  int,
  lastModifiedDate,
  picklist,
  string,
  systemModstamp,
} from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

export const userLicense = sObject({
  name: 'UserLicense',
  label: 'User License',
  labelPlural: 'User Licenses',
  keyPrefix: '100',
  idPrefix: '100',
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['describeSObjects', 'query', 'retrieve'],
  flags: ['queryable', 'retrieveable'],
  setup: true,
  fields: [
    id('User License ID'),
    string('LicenseDefinitionKey', 'License Def. ID', 40, 'Filter, Group, Sort'),
    int('TotalLicenses', 'Total Licenses', 9, 'Filter, Group, Sort'),
    picklist('Status', 'Status', 40, ['Active', 'Disabled'], 'Filter, Group, Restricted picklist, Sort'),
    int('UsedLicenses', 'Used Licenses', 9, 'Filter, Group, Sort'),
    datetime('UsedLicensesLastUpdated', 'Used Licenses Last Updated', 'Filter, Sort'),
    string('Name', 'Name', 40, 'Filter, Group, Sort', { flags: { nameField: true } }),
    string('MasterLabel', 'Master Label', 80, 'Filter, Group, Sort'),
    createdDate,
    lastModifiedDate,
    systemModstamp,
  ],
  childRelationships: [child('PermissionSet', 'LicenseId', null), child('Profile', 'UserLicenseId', null)],
});
