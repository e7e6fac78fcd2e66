/**
 * Floorwalker's own set-up objects: the display format of an autonumber, and which fields leave history rows. The next
 * write looks at them; nothing needs a restart.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import type { ObjectRules } from './object-rules.js';
import type { StoredValue } from './read-value.js';
import { type RecordError, recordError } from './result.js';

/** Text, then zeros in braces for the digits shown at least, then text. */
const AUTONUMBER_FORMAT = /^[^{}]*\{0{1,10}\}[^{}]*$/;
/** Fields of one object whose changes can be recorded (§23). */
const MOST_TRACKED = 20;

export const floorObjectSettingRules: ObjectRules = {
  reads: ['AutonumberFormat'],
  complete({ draft, value }) {
    const format = value('AutonumberFormat');
    if (typeof format !== 'string' || AUTONUMBER_FORMAT.test(format)) return;
    draft.errors.push(
      recordError(
        'FIELD_INTEGRITY_EXCEPTION',
        'Auto-Number Format: one group of zeros in braces is needed, such as {00000000}',
        ['AutonumberFormat'],
      ),
    );
  },
  async afterSave(tx, { ids, fields }) {
    if (fields !== undefined && !fields.has('AutonumberFormat')) return;
    await tx.query(
      `UPDATE autonumber SET format = setting.autonumber_format FROM so_floor_object_setting AS setting
        WHERE setting.id = ANY($1) AND NOT setting.is_deleted AND setting.autonumber_format IS NOT NULL
          AND autonumber.object = setting.sobject_type`,
      [ids],
    );
  },
};

export const floorFieldSettingRules: ObjectRules = {
  reads: ['SobjectType', 'Field', 'IsHistoryTracked'],
  complete({ draft, value }) {
    if (String(value('Field')).split('.')[0] === value('SobjectType')) return;
    draft.errors.push(
      recordError('FIELD_INTEGRITY_EXCEPTION', 'Field Name: the field is not one of the SObject', ['Field']),
    );
  },
  async check(tx, { object, drafts }) {
    // One writer at a time: two that each see 19 must not both add the twentieth and twenty-first.
    await tx.query('LOCK TABLE so_floor_field_setting IN SHARE ROW EXCLUSIVE MODE');
    const rows = await tx.query<{ id: string; sobject_type: string }>(
      'SELECT id, sobject_type FROM so_floor_field_setting WHERE is_history_tracked AND NOT is_deleted',
    );
    const tracked = new Map(rows.map(({ id, sobject_type }) => [id, sobject_type]));
    for (const draft of drafts) {
      const isTracked = sent(object, draft, 'IsHistoryTracked');
      if (isTracked === undefined) continue;
      // An update does not move a setting to another object.
      const id = draft.id ?? `new ${draft.index}`;
      const type = String(sent(object, draft, 'SobjectType') ?? (await typeOf(tx, id)));
      tracked.delete(id);
      if (isTracked !== true) continue;
      if ([...tracked.values()].filter((one) => one === type).length >= MOST_TRACKED) {
        draft.errors.push(tooMany());
      } else tracked.set(id, type);
    }
  },
};

function sent(object: SObjectDescription, draft: Draft, name: string): StoredValue | undefined {
  const field = object.fields.find((one) => one.name === name);
  return field === undefined ? undefined : draft.values.get(field);
}

async function typeOf(tx: Tx, id: string): Promise<string | undefined> {
  const [row] = await tx.query<{ sobject_type: string }>(
    'SELECT sobject_type FROM so_floor_field_setting WHERE id = $1',
    [id],
  );
  return row?.sobject_type;
}

function tooMany(): RecordError {
  return recordError(
    'NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED',
    `at most ${MOST_TRACKED} fields of an object can be tracked`,
    ['IsHistoryTracked'],
  );
}
