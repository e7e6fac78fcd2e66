/** Who has access to a session besides its owner; only Manual rows are stored (salesforce-data-api.md §3.3). */
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

export const liveAgentSessionShare = sObject({
  name: 'LiveAgentSessionShare',
  label: 'Chat Session Share',
  labelPlural: 'Chat Session Share',
  keyPrefix: null,
  idPrefix: SHARE_PREFIX,
  minApiVersion: 28,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  associate: { type: 'Share', parent: 'LiveAgentSession' },
  fields: [
    id('Custom Object Share ID'),
    reference('ParentId', 'Parent ID', 'LiveAgentSession', 'Create, Filter, Group, Sort', {
      description: 'The session being shared; fixed once the row exists.',
    }),
    reference('UserOrGroupId', 'User/Group ID', ['Group', 'User'], 'Create, Filter, Group, Sort', {
      flags: POLYMORPHIC,
      description: 'Who receives the access: a user, public group or role group; fixed once the row exists.',
    }),
    picklist(
      'AccessLevel',
      'Custom Object Access',
      40,
      SHARE_ACCESS_LEVELS,
      'Create, Filter, Group, Restricted picklist, Sort, Update',
      {
        description:
          'Access granted; must be wider than the organization-wide default, and All cannot be sent on create or update.',
      },
    ),
    picklist(
      'RowCause',
      'Row Cause',
      40,
      SHARE_ROW_CAUSES,
      'Create, Filter, Group, Nillable, Restricted picklist, Sort',
      {
        description:
          'Why the row exists; a client may only make Manual rows (Manual is also the default) and can never change it.',
      },
    ),
    lastModifiedDate,
    lastModifiedById,
    isDeleted,
  ],
  childRelationships: [],
});
