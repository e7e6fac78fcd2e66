/** A skill asked for by a chat. */
import { auditFields, id, isDeleted, reference, string } from './fields.js';
import { sObject } from './language.js';

export const liveChatTranscriptSkill = sObject({
  name: 'LiveChatTranscriptSkill',
  label: 'Chat Transcript Skill',
  labelPlural: 'Chat Transcript Skills',
  keyPrefix: '0Ig',
  idPrefix: '0Ig',
  minApiVersion: 25,
  supportedCalls: ['create', 'delete', 'getDeleted', 'getUpdated', 'query', 'retrieve', 'undelete', 'update'],
  flags: [
    'createable',
    'deletable',
    'queryable',
    'replicateable',
    'retrieveable',
    'undeletable',
    'updateable',
  ],
  uniqueTogether: [['TranscriptId', 'SkillId']],
  fields: [
    id('Chat Transcript Skill ID'),
    isDeleted,
    string(
      'Name',
      'Chat Transcript Skill Name',
      255,
      'Autonumber, Defaulted on create, Filter, idLookup, Sort',
      { flags: { nameField: true, autoNumber: true } },
    ),
    ...auditFields,
    reference('TranscriptId', 'Chat Transcript ID', 'LiveChatTranscript', 'Create, Filter, Group, Sort'),
    reference('SkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Nillable, Sort'),
  ],
  childRelationships: [],
});
