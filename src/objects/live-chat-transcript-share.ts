/** Who has access to a transcript besides its owner; only Manual rows are stored. */
import {
  id,
  isDeleted,
  lastModifiedById,
  lastModifiedDate,
  POLYMORPHIC,
  picklist,
  reference,
} from './fields.js';
import { SHARE_PREFIX } from './id-prefixes.js';
import { sObject } from './language.js';
import { SHARE_ACCESS_LEVELS, SHARE_ROW_CAUSES } from './value-lists.js';

export const liveChatTranscriptShare = sObject({
  name: 'LiveChatTranscriptShare',
  label: 'Chat Transcript Share',
  labelPlural: 'Chat Transcript Share',
  keyPrefix: null,
  idPrefix: SHARE_PREFIX,
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  associate: { type: 'Share', parent: 'LiveChatTranscript' },
  fields: [
    id('Custom Object Share ID'),
    reference('ParentId', 'Parent ID', 'LiveChatTranscript', 'Create, Filter, Group, Sort'),
    reference('UserOrGroupId', 'User/Group ID', ['Group', 'User'], 'Create, Filter, Group, Sort', {
      flags: POLYMORPHIC,
    }),
    picklist(
      'AccessLevel',
      'Custom Object Access',
      40,
      SHARE_ACCESS_LEVELS,
      'Create, Filter, Group, Restricted picklist, Sort, Update',
    ),
    picklist(
      'RowCause',
      'Row Cause',
      40,
      SHARE_ROW_CAUSES,
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    lastModifiedDate,
    lastModifiedById,
    isDeleted,
  ],
  childRelationships: [],
});
