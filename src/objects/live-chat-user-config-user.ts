/** A chat configuration given to a user; it beats the one of the profile. */
import { auditFields, id, isDeleted, reference } from './fields.js';
import { sObject } from './language.js';

export const liveChatUserConfigUser = sObject({
  name: 'LiveChatUserConfigUser',
  label: 'LiveChatUserConfigUser',
  labelPlural: 'LiveChatUserConfigUser',
  keyPrefix: '0CB',
  idPrefix: '0CB',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'query', 'retrieve'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable'],
  setup: true,
  uniqueTogether: [['UserId', 'LiveChatUserConfigId']],
  fields: [
    id('LiveChatUserConfigUser ID'),
    isDeleted,
    ...auditFields,
    reference(
      'LiveChatUserConfigId',
      'Chat Agent Configuration ID',
      'LiveChatUserConfig',
      'Create, Filter, Group, Sort',
    ),
    reference('UserId', 'User ID', 'User', 'Create, Filter, Group, Nillable, Sort'),
  ],
  childRelationships: [],
});
