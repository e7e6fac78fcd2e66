/** Something agents are good at; buttons ask for it. */
import { child } from './children.js';
import {
  auditFields,
  id,
  isDeleted,
  lastViewedDate,
  picklist,
  reference,
  string,
  textarea,
} from './fields.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const skill = sObject({
  name: 'Skill',
  label: 'Skill',
  labelPlural: 'Skills',
  keyPrefix: '0C5',
  idPrefix: '0C5',
  minApiVersion: 24,
  supportedCalls: ['create', 'describeSObjects', 'query', 'retrieve', 'update', 'upsert'],
  flags: ['createable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  uniqueTogether: [['DeveloperName']],
  fields: [
    id('Skill ID'),
    isDeleted,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Sort, Update'),
    picklist(
      'Language',
      'Master Language',
      40,
      LANGUAGES,
      'Create, Defaulted on create, Filter, Group, Nillable, Restricted picklist, Sort, Update',
    ),
    string('MasterLabel', 'Name', 80, 'Create, Filter, Group, idLookup, Sort, Update', {
      flags: { nameField: true },
    }),
    ...auditFields,
    lastViewedDate,
    textarea('Description', 'Description', 1000, 'Create, Nillable, Update', {
      flags: { extraTypeInfo: 'plaintextarea' },
    }),
    reference('TypeId', 'Skill Type ID', 'SkillType', 'Create, Filter, Group, Nillable, Sort, Update', {
      minApiVersion: 58,
    }),
  ],
  childRelationships: [
    child('LiveChatButton', 'SkillId', null),
    child('LiveChatButtonSkill', 'SkillId', null),
    child('LiveChatTranscript', 'SkillId', 'LiveChatTranscripts'),
    child('LiveChatTranscriptSkill', 'SkillId', 'LiveChatTrancriptSkills'),
    child('LiveChatUserConfig', 'SupervisorDefaultSkillId', null),
    child('SkillProfile', 'SkillId', null),
    child('SkillUser', 'SkillId', null),
    child('UserConfigTransferSkill', 'SkillId', null),
  ],
});
