/** A skill every user of a profile has. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { sObject } from './language.js';

export const skillProfile = sObject({
  name: 'SkillProfile',
  label: 'Skill Profile',
  labelPlural: 'Skill Profiles',
  keyPrefix: '0CA',
  idPrefix: '0CA',
  minApiVersion: 24,
  supportedCalls: ['create', 'delete', 'describeSObjects', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['SkillId', 'ProfileId']],
  fields: withUpdate([
    id('Skill Profile ID'),
    isDeleted,
    ...auditFields,
    reference('SkillId', 'Skill ID', 'Skill', 'Create, Filter, Group, Sort'),
    reference('ProfileId', 'Profile ID', 'Profile', 'Create, Filter, Group, Nillable, Sort'),
  ]),
  childRelationships: [],
});
