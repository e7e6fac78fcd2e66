/**
 * ObjectPermissions and FieldPermissions: one right needs another, and a row that grants nothing any more is removed
 * (objects.json, notes). The texts are ours; the code is the platform's.
 */
import { hasObjectPermissions } from '../access/rights.js';
import { findObject } from '../objects/registry.js';
import type { ObjectRules, Saving } from './object-rules.js';
import { recordError } from './result.js';

/** What each right of an object rests on. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  PermissionsCreate: ['PermissionsRead'],
  PermissionsEdit: ['PermissionsRead'],
  PermissionsDelete: ['PermissionsRead', 'PermissionsEdit'],
  PermissionsViewAllRecords: ['PermissionsRead'],
  PermissionsModifyAllRecords: [
    'PermissionsRead',
    'PermissionsEdit',
    'PermissionsDelete',
    'PermissionsViewAllRecords',
  ],
};
const OBJECT_RIGHTS = ['PermissionsRead', ...Object.keys(NEEDS)];
const FIELD_RIGHTS = ['PermissionsRead', 'PermissionsEdit'];

function refuse({ draft }: Saving, message: string, fields: readonly string[]): void {
  draft.errors.push(recordError('FIELD_INTEGRITY_EXCEPTION', message, fields));
}

/** Each right that is given with one it needs missing; on create also a row that gives nothing. */
function checkNeeds(saving: Saving, rights: readonly string[]): void {
  const given = rights.filter((right) => saving.value(right) === true);
  for (const right of given) {
    const missing = (NEEDS[right] ?? []).filter((need) => !given.includes(need));
    if (missing.length === 0) continue;
    refuse(saving, `${right} depends on permission(s): ${missing.join(', ')}`, [right]);
  }
  if (given.length === 0 && saving.operation === 'create') {
    refuse(saving, 'A permission row grants at least PermissionsRead', ['PermissionsRead']);
  }
}

export const objectPermissionsRules: ObjectRules = {
  reads: OBJECT_RIGHTS,
  complete(saving) {
    const name = String(saving.value('SobjectType') ?? '');
    const object = saving.operation === 'create' ? findObject(name) : undefined;
    if (object !== undefined && !hasObjectPermissions(object)) {
      refuse(saving, `${name} has no object permissions`, ['SobjectType']);
    }
    checkNeeds(saving, OBJECT_RIGHTS);
  },
  async afterSave(tx, { ids }) {
    await tx.query('DELETE FROM so_object_permissions WHERE id = ANY($1) AND NOT permissions_read', [ids]);
  },
};

export const fieldPermissionsRules: ObjectRules = {
  reads: FIELD_RIGHTS,
  complete(saving) {
    if (saving.operation === 'create') {
      const object = String(saving.value('SobjectType') ?? '');
      if (!String(saving.value('Field') ?? '').startsWith(`${object}.`)) {
        refuse(saving, `Field is not a field of ${object}`, ['Field', 'SobjectType']);
      }
    }
    checkNeeds(saving, FIELD_RIGHTS);
  },
  async afterSave(tx, { ids }) {
    await tx.query('DELETE FROM so_field_permissions WHERE id = ANY($1) AND NOT permissions_read', [ids]);
  },
};
