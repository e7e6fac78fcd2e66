/** Changes of tracked fields of a session (salesforce-data-api.md §3.4, §23). */
import { anyType, createdById, createdDate, id, isDeleted, picklist, reference } from './fields.js';
import { trackedFieldValues } from './history-values.js';
import { HISTORY_PREFIX } from './id-prefixes.js';
import { sObject } from './language.js';
import { liveAgentSession } from './live-agent-session.js';
import { HISTORY_DATA_TYPES } from './value-lists.js';

export const liveAgentSessionHistory = sObject({
  name: 'LiveAgentSessionHistory',
  label: 'Chat Session History',
  labelPlural: 'Chat Session History',
  keyPrefix: null,
  idPrefix: HISTORY_PREFIX,
  minApiVersion: 28,
  supportedCalls: ['describeSObjects', 'getDeleted', 'getUpdated', 'query', 'retrieve'],
  flags: ['queryable', 'replicateable', 'retrieveable'],
  associate: { type: 'History', parent: 'LiveAgentSession' },
  fields: [
    id('Chat Session History ID'),
    isDeleted,
    reference('LiveAgentSessionId', 'Chat Session ID', 'LiveAgentSession', 'Filter, Group, Sort', {
      description: 'The session whose field changed.',
    }),
    createdById,
    createdDate,
    picklist(
      'Field',
      'Changed Field',
      255,
      trackedFieldValues(liveAgentSession),
      'Filter, Group, Restricted picklist, Sort',
      { description: 'Name of the field that changed; a lookup stands under its relationship name.' },
    ),
    picklist(
      'DataType',
      'Datatype',
      40,
      HISTORY_DATA_TYPES,
      'Filter, Group, Nillable, Restricted picklist, Sort',
      {
        description:
          'Kind of value held in OldValue and NewValue; a changed lookup leaves one EntityId row (ids) and one Text row (names). Absent from older versions of the page.',
      },
    ),
    anyType('OldValue', 'Old Value', 255, 'Nillable, Sort', {
      description: 'Value before the change; cannot be filtered or grouped.',
    }),
    anyType('NewValue', 'New Value', 255, 'Nillable, Sort', {
      description: 'Value after the change; cannot be filtered or grouped.',
    }),
  ],
  childRelationships: [],
});
