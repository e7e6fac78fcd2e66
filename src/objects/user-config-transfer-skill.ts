/** A skill that agents of a configuration may transfer chats to. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { UNPUBLISHED_PREFIXES } from './id-prefixes.js';
import { EVERY_VERSION, sObject } from './language.js';

export const userConfigTransferSkill = sObject({
  name: 'UserConfigTransferSkill',
  label: 'UserConfigTransferSkill',
  labelPlural: 'UserConfigTransferSkill',
  keyPrefix: null,
  idPrefix: UNPUBLISHED_PREFIXES.UserConfigTransferSkill,
  minApiVersion: EVERY_VERSION,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['LiveChatUserConfigId', 'SkillId']],
  fields: withUpdate([
    id('UserConfigTransferSkill ID'),
    isDeleted,
    ...auditFields,
    reference(
      'LiveChatUserConfigId',
      'Chat Agent Configuration ID',
      'LiveChatUserConfig',
      'Create, Filter, Group, Sort',
    ),
    reference('SkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Sort'),
  ]),
  childRelationships: [],
});
