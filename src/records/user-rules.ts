/**
 * Users: the full name is made of its parts, a nickname is made up when none is sent, a user name looks like an e-mail
 * address, and each user is a principal (an owner's name in one join).
 */
import { randomInt } from 'node:crypto';
import { fieldOf } from '../objects/registry.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import { refusalOfLastAdministrator } from './last-administrator.js';
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
  async check(tx, { operation, origin, object, drafts }) {
    if (operation !== 'update' || origin !== 'api') return;
    const sent = (draft: Draft, name: string) => {
      const field = fieldOf(object, name);
      return field === undefined ? undefined : draft.values.get(field);
    };
    const leaving = drafts.filter((draft) => sent(draft, 'IsActive') === false);
    const moving = drafts.filter((draft) => typeof sent(draft, 'ProfileId') === 'string');
    const managing = await managingProfiles(
      tx,
      moving.map((draft) => String(sent(draft, 'ProfileId'))),
    );
    const losing = [...leaving, ...moving.filter((draft) => !managing.has(String(sent(draft, 'ProfileId'))))];
    if (losing.length === 0) return;
    const users = losing.flatMap(({ id }) => (id === null ? [] : [id]));
    const refusal = await refusalOfLastAdministrator(tx, { users });
    if (refusal !== undefined) for (const draft of new Set(losing)) draft.errors.push(refusal);
  },
  async afterSave(tx, saved) {
    await keepUserPrincipals(tx, saved);
    if (saved.fields === undefined || saved.fields.has('ProfileId'))
      await keepProfileAssignments(tx, saved.ids);
  },
};

/** Those of the profiles whose users may manage users. */
async function managingProfiles(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM so_profile WHERE id = ANY($1) AND permissions_manage_users AND NOT is_deleted',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
