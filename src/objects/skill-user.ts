/** A skill a user has. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { sObject } from './language.js';

export const skillUser = sObject({
  name: 'SkillUser',
  label: 'Skill User',
  labelPlural: 'Skill Users',
  keyPrefix: '0C9',
  idPrefix: '0C9',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['SkillId', 'UserId']],
  fields: withUpdate([
    id('Skill User ID'),
    isDeleted,
    ...auditFields,
    reference('SkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Sort'),
    reference('UserId', 'User ID', 'User', 'Create, Filter, Group, Nillable, Sort'),
  ]),
  childRelationships: [],
});
