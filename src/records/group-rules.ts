/** Groups and queues: they belong to the organization, and each is a principal. */

import type { ObjectRules } from './object-rules.js';
import { keepGroupPrincipals } from './principals.js';

export const groupRules: ObjectRules = {
  complete({ operation, caller, value, set }) {
    if (operation === 'create' && value('OwnerId') === null) set('OwnerId', caller.organizationId);
  },
  afterSave: (tx, saved) => keepGroupPrincipals(tx, saved),
};
