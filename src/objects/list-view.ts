/** A saved list of an object. */
import { auditFields, checkbox, id, lastReferencedDate, lastViewedDate, picklist, string } from './fields.js';
import { sObject } from './language.js';

export const listView = sObject({
  name: 'ListView',
  label: 'List View',
  labelPlural: 'List Views',
  keyPrefix: '00B',
  idPrefix: '00B',
  minApiVersion: 32,
  supportedCalls: ['describeSObjects', 'query', 'retrieve', 'search'],
  flags: ['mruEnabled', 'queryable', 'retrieveable', 'searchable'],
  setup: true,
  fields: [
    id('List View ID'),
    string('Name', 'View Name', 40, 'Filter, Group, idLookup, Sort', { flags: { nameField: true } }),
    string('DeveloperName', 'View Unique Name', 80, 'Filter, Group, Sort'),
    string('NamespacePrefix', 'Namespace Prefix', 15, 'Filter, Group, Nillable, Sort'),
    picklist(
      'SobjectType',
      'Custom Object Definition ID',
      40,
      [],
      'Filter, Group, Nillable, Restricted picklist, Sort',
      { picklistOf: 'objects' },
    ),
    checkbox('IsSoqlCompatible', 'Is SOQL Compatible', 'Defaulted on create, Filter, Group, Sort'),
    ...auditFields,
    lastViewedDate,
    lastReferencedDate,
  ],
  childRelationships: [],
});
