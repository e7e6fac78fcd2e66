/** Which objects a queue may own. */
import { createdById, id, picklist, reference, systemModstamp } from './fields.js';
import { EVERY_VERSION, sObject } from './language.js';

export const queueSobject = sObject({
  name: 'QueueSobject',
  label: 'Queue sObject',
  labelPlural: 'Queue sObject',
  keyPrefix: '03g',
  idPrefix: '03g',
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'getDeleted', 'getUpdated', 'query', 'retrieve'],
  flags: ['createable', 'deletable', 'queryable', 'replicateable', 'retrieveable'],
  setup: true,
  uniqueTogether: [['QueueId', 'SobjectType']],
  fields: [
    id('Queue sObject ID'),
    reference('QueueId', 'Group ID', 'Group', 'Create, Filter, Group, Sort'),
    picklist('SobjectType', 'sObject Type', 40, [], 'Create, Filter, Group, Restricted picklist, Sort', {
      picklistOf: 'objects',
    }),
    createdById,
    systemModstamp,
  ],
  childRelationships: [],
});
