/** Who changed which permission, rule, default, switch or user, and when. Written by the server, read by query only. */
import { createdById, createdDate, id, string } from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

export const setupAuditTrail = sObject({
  name: 'SetupAuditTrail',
  label: 'Setup Audit Trail Entry',
  labelPlural: 'Setup Audit Trail Entries',
  keyPrefix: '0Ym',
  idPrefix: '0Ym',
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['describeSObjects', 'query', 'retrieve'],
  flags: ['queryable', 'retrieveable'],
  setup: true,
  fields: [
    id('Setup Audit Trail Entry ID'),
    string('Action', 'Action', 40, 'Filter, Group, Sort', { description: 'What was done, in one word.' }),
    string('Section', 'Section', 255, 'Filter, Group, Nillable, Sort', {
      description: 'The part of the set-up it was done in.',
    }),
    createdDate,
    createdById,
    string('Display', 'Display', 1333, 'Nillable', { description: 'What was done, in a sentence.' }),
    string('DelegateUser', 'Delegate User', 255, 'Filter, Group, Nillable, Sort', {
      description: 'Who did it in the name of another; nobody does so here.',
    }),
  ],
  childRelationships: [],
});
