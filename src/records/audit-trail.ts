/**
 * SetupAuditTrail: who changed which permission, rule, default, switch or user, and when. One entry a record, in the
 * transaction of the change, so no change of the set-up can be without its entry. The words are ours; the vendor's are
 * not published.
 */
import { isoOf } from '../clock.js';
import { fieldOf } from '../objects/registry.js';
import { columnOf, tableOf, textKey } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { Saved } from './object-rules.js';

interface Audited {
  /** The part of the set-up. */
  readonly section: string;
  /** The fields that tell people which record it was, in the order they are shown. */
  readonly shown: readonly string[];
}

const AUDITED: Readonly<Record<string, Audited>> = {
  FieldPermissions: { section: 'Permissions', shown: ['Field'] },
  FloorFieldSetting: { section: 'Field History', shown: ['Field'] },
  FloorObjectSetting: { section: 'Object Settings', shown: ['SobjectType'] },
  Group: { section: 'Groups and Queues', shown: ['Name'] },
  GroupMember: { section: 'Groups and Queues', shown: ['GroupId', 'UserOrGroupId'] },
  LiveAgentSessionOwnerSharingRule: { section: 'Sharing Rules', shown: ['Name'] },
  LiveChatTranscriptOwnerSharingRule: { section: 'Sharing Rules', shown: ['Name'] },
  LiveChatUserConfig: { section: 'Chat', shown: ['MasterLabel'] },
  ObjectPermissions: { section: 'Permissions', shown: ['SobjectType'] },
  PermissionSet: { section: 'Permissions', shown: ['Label'] },
  PermissionSetAssignment: { section: 'Permissions', shown: ['PermissionSetId', 'AssigneeId'] },
  Profile: { section: 'Profiles', shown: ['Name'] },
  User: { section: 'Users', shown: ['Username'] },
  UserRole: { section: 'Roles', shown: ['Name'] },
};

const VERBS = { create: 'Created', update: 'Changed', delete: 'Deleted', undelete: 'Restored' } as const;
/** Longest Display (objects.json). */
const LONGEST_DISPLAY = 1_333;

export async function noteInAuditTrail(tx: Tx, saved: Saved): Promise<void> {
  const { object, kind, ids, caller, stamp } = saved;
  const audited = AUDITED[object.name];
  if (audited === undefined) return;
  const action = `${VERBS[kind].toLowerCase()}${object.name}`.slice(0, 40);
  const changed =
    kind === 'update' && saved.fields !== undefined ? `${[...saved.fields].join(', ')} of ` : '';
  const shown = audited.shown.flatMap((name) => {
    const field = fieldOf(object, name);
    return field === undefined ? [] : [`${q(columnOf(field))}::text`];
  });
  await tx.query(
    `INSERT INTO so_setup_audit_trail (action, action__key, section, section__key, created_date, created_by_id, display)
     SELECT $2, $3, $4, $5, $6::timestamptz, $7,
            left($8 || coalesce(nullif(concat_ws(', ', ${shown.join(', ') || 'NULL'}), ''), id), ${LONGEST_DISPLAY})
       FROM ${q(tableOf(object))} WHERE id = ANY($1) ORDER BY id`,
    [
      ids,
      action,
      textKey(action),
      audited.section,
      textKey(audited.section),
      isoOf(stamp),
      caller.userId,
      `${VERBS[kind]} ${changed}${object.label} `,
    ],
  );
}

/** A change of the set-up that is no record: what `noteInAuditTrail` does for records. */
export interface SetUpChange {
  readonly kind: 'create' | 'update' | 'delete';
  /** As the tooling API calls it. */
  readonly entity: string;
  readonly section: string;
  /** Whatever was changed, in words. */
  readonly display: string;
  readonly userId: string;
  /** ISO text, whole seconds. */
  readonly at: string;
}

export async function noteSetUpChange(tx: Tx, change: SetUpChange): Promise<void> {
  const action = `${VERBS[change.kind].toLowerCase()}${change.entity}`.slice(0, 40);
  await tx.query(
    `INSERT INTO so_setup_audit_trail (action, action__key, section, section__key, created_date, created_by_id, display)
     VALUES ($1, $2, $3, $4, $5::timestamptz, $6, left($7, ${LONGEST_DISPLAY}))`,
    [
      action,
      textKey(action),
      change.section,
      textKey(change.section),
      change.at,
      change.userId,
      `${VERBS[change.kind]} ${change.display}`,
    ],
  );
}
