/** What the Field picklist of a History object holds: the fields that can be tracked, and a few words for events. */
import type { PicklistValue, SObjectDescription } from './language.js';
import { HISTORY_SPECIAL_FIELD_VALUES } from './value-lists.js';

/** The name a tracked field goes by in history rows: a standard lookup stands under its relationship name. */
export function historyNameOf(object: SObjectDescription, name: string): PicklistValue {
  const field = object.fields.find((one) => one.name === name);
  if (field === undefined) throw new Error(`${object.name} has no field ${name}`);
  if (field.type !== 'reference' || field.custom === true) return { value: field.name, label: field.label };
  return { value: field.relationshipName ?? field.name, label: field.label.replace(/ ID$/, '') };
}

/** Sorted by label (objects.json, alsoForLiveAgentSession). */
export function trackedFieldValues(object: SObjectDescription): readonly PicklistValue[] {
  const fields = (object.trackableHistoryFields ?? []).map((name) => historyNameOf(object, name));
  return [...fields, ...HISTORY_SPECIAL_FIELD_VALUES].sort((a, b) =>
    (a.label ?? '') < (b.label ?? '') ? -1 : 1,
  );
}
