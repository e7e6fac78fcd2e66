/** A chat configuration given to all users of a profile. */
import { auditFields, id, isDeleted, reference } from './fields.js';
import { sObject } from './language.js';

export const liveChatUserConfigProfile = sObject({
  name: 'LiveChatUserConfigProfile',
  label: 'LiveChatUserConfigProfile',
  labelPlural: 'LiveChatUserConfigProfile',
  keyPrefix: '0CD',
  idPrefix: '0CD',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'query', 'retrieve'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable'],
  setup: true,
  uniqueTogether: [['ProfileId', 'LiveChatUserConfigId']],
  fields: [
    id('LiveChatUserConfigProfile ID'),
    isDeleted,
    ...auditFields,
    reference(
      'LiveChatUserConfigId',
      'Chat Agent Configuration ID',
      'LiveChatUserConfig',
      'Create, Filter, Group, Sort',
    ),
    reference('ProfileId', 'Profile ID', 'Profile', 'Create, Filter, Group, Sort'),
  ],
  childRelationships: [],
});
