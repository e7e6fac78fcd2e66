/** A button that agents of a configuration may transfer chats to. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { EVERY_VERSION, sObject } from './language.js';

export const userConfigTransferButton = sObject({
  name: 'UserConfigTransferButton',
  label: 'UserConfigTransferButton',
  labelPlural: 'UserConfigTransferButton',
  keyPrefix: null,
  idPrefix: UNPUBLISHED_PREFIXES.UserConfigTransferButton,
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['LiveChatUserConfigId', 'LiveChatButtonId']],
  fields: withUpdate([
    id('UserConfigTransferButton ID'),
    isDeleted,
    ...auditFields,
    reference(
      'LiveChatUserConfigId',
      'Chat Agent Configuration ID',
      'LiveChatUserConfig',
      'Create, Filter, Group, Sort',
    ),
    reference('LiveChatButtonId', 'Chat Button ID', 'LiveChatButton', 'Create, Filter, Group, Sort'),
  ]),
  childRelationships: [],
});
