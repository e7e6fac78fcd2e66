/** A button shown in a deployment. */
import { auditFields, id, isDeleted, reference, withUpdate } from './fields.js';
import { sObject } from './language.js';

export const liveChatButtonDeployment = sObject({
  name: 'LiveChatButtonDeployment',
  label: 'LiveChatButtonDeployment',
  labelPlural: 'LiveChatButtonDeployment',
  keyPrefix: '0HJ',
  idPrefix: '0HJ',
  minApiVersion: 28,
  supportedCalls: ['create', 'delete', 'query', 'retrieve', 'update'],
  flags: ['createable', 'deletable', 'queryable', 'retrieveable', 'updateable'],
  setup: true,
  editableInSetup: true,
  uniqueTogether: [['ButtonId', 'DeploymentId']],
  fields: withUpdate([
    id('LiveChatButtonDeployment ID'),
    isDeleted,
    ...auditFields,
    reference(
      'DeploymentId',
      'Chat Deployment ID',
      'LiveChatDeployment',
      'Create, Filter, Group, Nillable, Sort',
    ),
    reference('ButtonId', 'Chat Button ID', 'LiveChatButton', 'Create, Filter, Group, Sort'),
  ]),
  childRelationships: [],
});
