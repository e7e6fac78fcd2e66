/**
 * Users: the full name is made of its parts, a nickname is made up when none is sent, a user name looks like an e-mail
 * address, and each user is a principal (an owner's name in one join).
 */
import { randomInt } from 'node:crypto';
import type { ObjectRules } from './object-rules.js';
import { keepUserPrincipals } from './principals.js';
import { keepProfileAssignments } from './profile-rules.js';
import { isEmailAddress } from './read-value.js';
import { recordError } from './result.js';

const NAME_PARTS = ['FirstName', 'LastName'] as const;
/** Upper bound of the random part of a made-up nickname. */
const NICKNAMES = 2 ** 47;

export const userRules: ObjectRules = {
  reads: [...NAME_PARTS, 'Name', 'CommunityNickname', 'Username'],
  complete({ operation, draft, value, set }) {
    const sent = new Set([...draft.sent].map(({ name }) => name));
    if (operation === 'create' || NAME_PARTS.some((part) => sent.has(part))) {
      set('Name', [value('FirstName'), value('LastName')].filter((part) => part !== null).join(' '));
    }
    if (operation === 'create' && value('CommunityNickname') === null) {
      set('CommunityNickname', `User${randomInt(NICKNAMES)}`);
    }
    const username = value('Username');
    if (sent.has('Username') && typeof username === 'string' && !isEmailAddress(username)) {
      draft.errors.push(
        recordError(
          'INVALID_EMAIL_ADDRESS',
          'Username must be in the form of an email address (for example, john@acme.com)',
          ['Username'],
        ),
      );
    }
  },
  async afterSave(tx, saved) {
    await keepUserPrincipals(tx, saved);
    if (saved.fields === undefined || saved.fields.has('ProfileId'))
      await keepProfileAssignments(tx, saved.ids);
  },
};
