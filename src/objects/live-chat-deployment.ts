/** A place on a web site where chats may start. */
import { child } from './children.js';
import {
  auditFields,
  bit,
  checkbox,
  id,
  int,
  isDeleted,
  picklist,
  reference,
  string,
  textarea,
  withUpdate,
} from './fields.js';
import { sObject } from './language.js';
import { LANGUAGES } from './value-lists.js';

export const liveChatDeployment = sObject({
  name: 'LiveChatDeployment',
  label: 'Chat Deployment',
  labelPlural: 'Chat Deployments',
  keyPrefix: '572',
  idPrefix: '572',
  minApiVersion: 24,
  supportedCalls: ['create', 'query', 'retrieve', 'update'],
  flags: ['createable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['DeveloperName']],
  fields: withUpdate([
    id('Chat Deployment ID'),
    isDeleted,
    string('DeveloperName', 'Developer Name', 80, 'Create, Filter, Group, Sort'),
    picklist(
      'Language',
      'Master Language',
      40,
      LANGUAGES,
      'Create, Defaulted on create, Filter, Group, Nillable, Restricted picklist, Sort',
    ),
    string('MasterLabel', 'Chat Deployment Name', 80, 'Create, Filter, Group, Sort', {
      flags: { nameField: true },
    }),
    ...auditFields,
    string('WindowTitle', 'Chat Window Title', 80, 'Create, Filter, Group, Sort'),
    checkbox(
      'HasTranscriptSave',
      'Allow Visitors to Save Transcripts',
      'Create, Defaulted on create, Filter, Group, Sort',
    ),
    reference('SiteId', 'Site ID', 'Site', 'Create, Filter, Group, Nillable, Sort'),
    reference('BrandingId', 'Static Resource ID', 'StaticResource', 'Create, Filter, Group, Nillable, Sort'),
    reference(
      'MobileBrandingId',
      'Static Resource ID',
      'StaticResource',
      'Create, Filter, Group, Nillable, Sort',
    ),
    textarea('Domains', 'Permitted Domains', 4096, 'Create, Nillable', {
      flags: { extraTypeInfo: 'plaintextarea' },
    }),
    bit('OptionsHasPrechatApi', 'Allow Access to Prechat API', 'Create, Filter'),
    int(
      'ConnectionWarningDuration',
      'Idle Connection Warning Duration',
      9,
      'Create, Filter, Group, Nillable, Sort',
    ),
    int(
      'ConnectionTimeoutDuration',
      'Idle Connection Timeout Duration',
      9,
      'Create, Filter, Group, Nillable, Sort',
    ),
  ]),
  childRelationships: [
    child('LiveChatButtonDeployment', 'DeploymentId', null),
    child('LiveChatTranscript', 'LiveChatDeploymentId', 'LiveChatTranscripts'),
  ],
});
