/** A browser that visited: one row per visitor session key. */
import { child } from './children.js';
import { auditFields, id, isDeleted, lastReferencedDate, lastViewedDate, string } from './fields.js';
import { sObject } from './language.js';

export const liveChatVisitor = sObject({
  name: 'LiveChatVisitor',
  label: 'Chat Visitor',
  labelPlural: 'Chat Visitors',
  keyPrefix: '571',
  idPrefix: '571',
  minApiVersion: 24,
  supportedCalls: [
    'create',
    'delete',
    'getDeleted',
    'getUpdated',
    'query',
    'retrieve',
    'undelete',
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
    'undeletable',
    'updateable',
  ],
  fields: [
    id('Chat Visitor ID'),
    isDeleted,
    string('Name', 'Chat Visitor Name', 255, 'Autonumber, Defaulted on create, Filter, Sort', {
      flags: { nameField: true, autoNumber: true },
    }),
    ...auditFields,
    lastViewedDate,
    lastReferencedDate,
    string('SessionKey', 'Session Key', 200, 'Filter, Group, Nillable, Sort'),
  ],
  childRelationships: [child('LiveChatTranscript', 'LiveChatVisitorId', 'LiveChatTranscripts')],
});
