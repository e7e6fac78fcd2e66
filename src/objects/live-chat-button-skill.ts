/** A skill a button asks for, beyond the one in LiveChatButton.SkillId. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { sObject } from './language.js';

export const liveChatButtonSkill = sObject({
  name: 'LiveChatButtonSkill',
  label: 'LiveChatButtonSkill',
  labelPlural: 'LiveChatButtonSkill',
  keyPrefix: '0If',
  idPrefix: '0If',
  minApiVersion: 25,
  supportedCalls: ['create', 'delete', 'query', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['ButtonId', 'SkillId']],
  fields: withUpdate([
    id('LiveChatButtonSkill ID'),
    isDeleted,
    ...auditFields,
    reference('SkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Nillable, Sort'),
    reference('ButtonId', 'Chat Button ID', 'LiveChatButton', 'Create, Filter, Group, Sort'),
  ]),
  childRelationships: [],
});
