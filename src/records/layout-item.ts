/**
 * A field in its place on a layout, as describe shows it: a detail item, an edit item, or an item of a compact layout
 * (salesforce-data-api.md §6). REST carries the whole field describe along; SOAP leaves `details` out.
 */
import type { Caller } from '../access/caller.js';
import type { FieldDescription, LayoutItem, SObjectDescription } from '../objects/language.js';
import { fieldOf, isCreateable, isUpdateable } from '../objects/registry.js';
import { describeField, type FieldDescribe } from './describe-field.js';

export interface LayoutComponentDescribe {
  readonly details: FieldDescribe;
  readonly displayLines: number;
  readonly tabOrder: number;
  readonly type: 'Field';
  readonly value: string;
}

export interface LayoutItemDescribe {
  readonly editableForNew: boolean;
  readonly editableForUpdate: boolean;
  readonly label: string | null;
  readonly layoutComponents: readonly LayoutComponentDescribe[];
  readonly placeholder: boolean;
  readonly required: boolean;
  readonly uiBehavior?: string;
}

/** First version whose items say how they behave (i). */
const UI_BEHAVIOR_FROM_VERSION = 45;
/** Lines a long text takes on a page. */
const LINES_OF_LONG_TEXT = 6;

/** A field the caller may see, with the place it has been given. */
export interface PlacedField {
  readonly field: FieldDescription;
  readonly behavior: LayoutItem['behavior'];
}

/** The placed field, or undefined where the caller may not see it. */
export function placed(
  caller: Caller,
  object: SObjectDescription,
  item: LayoutItem,
): PlacedField | undefined {
  const field = fieldOf(object, item.field, caller.apiVersion);
  if (field === undefined || !caller.access.field(object.name, field.name).read) return undefined;
  return { field, behavior: item.behavior };
}

/** The item for a field; `tabOrder` counts from 1. */
export function itemOf(
  caller: Caller,
  object: SObjectDescription,
  { field, behavior }: PlacedField,
  tabOrder: number,
): LayoutItemDescribe {
  const rights = {
    object: caller.access.object(object.name),
    field: caller.access.field(object.name, field.name),
  };
  const editable = behavior !== 'Readonly' && rights.field.edit;
  return {
    editableForNew: editable && isCreateable(field) && rights.object.create,
    editableForUpdate: editable && isUpdateable(field) && rights.object.edit,
    label: field.label,
    layoutComponents: [
      {
        details: describeField(object, field, rights, caller.apiVersion),
        displayLines: field.type === 'textarea' ? LINES_OF_LONG_TEXT : 1,
        tabOrder,
        type: 'Field',
        value: field.name,
      },
    ],
    placeholder: false,
    required: behavior === 'Required',
    ...(caller.apiVersion >= UI_BEHAVIOR_FROM_VERSION
      ? { uiBehavior: editable ? behavior : 'Readonly' }
      : {}),
  };
}

/** The empty half of a row whose other half has a field. */
export function emptyItem(caller: Caller): LayoutItemDescribe {
  return {
    editableForNew: false,
    editableForUpdate: false,
    label: '',
    layoutComponents: [],
    placeholder: true,
    required: false,
    ...(caller.apiVersion >= UI_BEHAVIOR_FROM_VERSION ? { uiBehavior: 'Edit' } : {}),
  };
}
