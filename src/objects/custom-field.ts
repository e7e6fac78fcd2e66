/**
 * A field an administrator added, as it is kept, and the description that follows from it. Definitions were checked
 * when they were saved (records/custom-field-metadata.ts); nothing here refuses.
 */
import type { FieldDescription, FieldType, Property } from './language.js';

/** The types of the metadata that are served, and what describe calls them. */
export const CUSTOM_FIELD_TYPES = {
  Checkbox: 'boolean',
  Date: 'date',
  DateTime: 'datetime',
  LongTextArea: 'textarea',
  Lookup: 'reference',
  Number: 'double',
  Picklist: 'picklist',
  Text: 'string',
  TextArea: 'textarea',
} as const satisfies Readonly<Record<string, FieldType>>;

export type CustomFieldType = keyof typeof CUSTOM_FIELD_TYPES;

export interface CustomPicklistValue {
  readonly value: string;
  readonly label: string;
  readonly isDefault: boolean;
}

/** What an administrator decided about a field. Absent where it does not belong to the type. */
export interface CustomFieldDefinition {
  readonly type: CustomFieldType;
  readonly label: string;
  readonly description?: string;
  readonly inlineHelpText?: string;
  /** Characters of a text. */
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Of a checkbox. */
  readonly defaultValue?: boolean;
  readonly values?: readonly CustomPicklistValue[];
  readonly restricted?: boolean;
  /** Of a lookup: the object it leads to, by name. */
  readonly referenceTo?: string;
  /** Of a lookup: what the records are called as seen from there. */
  readonly relationshipLabel?: string;
  readonly relationshipName?: string;
}

export interface CustomField {
  /** Names the column, and nothing else ever does. */
  readonly number: number;
  /** Object name. */
  readonly object: string;
  /** Without `__c`. */
  readonly developerName: string;
  readonly definition: CustomFieldDefinition;
}

const PROPERTIES: Readonly<Record<CustomFieldType, readonly Property[]>> = {
  Checkbox: ['Create', 'Defaulted on create', 'Filter', 'Group', 'Sort', 'Update'],
  Date: ['Create', 'Filter', 'Group', 'Nillable', 'Sort', 'Update'],
  DateTime: ['Create', 'Filter', 'Nillable', 'Sort', 'Update'],
  LongTextArea: ['Create', 'Nillable', 'Update'],
  Lookup: ['Create', 'Filter', 'Group', 'Nillable', 'Sort', 'Update'],
  Number: ['Create', 'Filter', 'Nillable', 'Sort', 'Update'],
  Picklist: ['Create', 'Filter', 'Group', 'Nillable', 'Sort', 'Update'],
  Text: ['Create', 'Filter', 'Group', 'Nillable', 'Sort', 'Update'],
  TextArea: ['Create', 'Filter', 'Group', 'Nillable', 'Sort', 'Update'],
};

/** The field as every other field is described. */
export function describeCustomField({ number, developerName, definition }: CustomField): FieldDescription {
  const { type, label, inlineHelpText, values = [] } = definition;
  const byDefault = values.find(({ isDefault }) => isDefault)?.value ?? definition.defaultValue;
  return Object.freeze({
    name: `${developerName}__c`,
    label,
    type: CUSTOM_FIELD_TYPES[type],
    properties: [
      ...PROPERTIES[type],
      ...(definition.restricted === true ? (['Restricted picklist'] as const) : []),
    ],
    custom: true,
    column: `c_${number}`,
    ...(inlineHelpText === undefined ? {} : { inlineHelpText }),
    ...(byDefault === undefined ? {} : { defaultValue: byDefault }),
    ...sizeOf(definition),
    ...(definition.referenceTo === undefined
      ? {}
      : { referenceTo: [definition.referenceTo], relationshipName: `${developerName}__r` }),
    ...(type === 'Picklist'
      ? {
          picklistValues: values.map((value) => ({
            value: value.value,
            label: value.label,
            ...(value.isDefault ? { default: true as const } : {}),
          })),
        }
      : {}),
  });
}

function sizeOf({ type, length, precision, scale }: CustomFieldDefinition): Partial<FieldDescription> {
  switch (type) {
    case 'Text':
    case 'TextArea':
    case 'LongTextArea':
      return { length: length ?? 255 };
    case 'Picklist':
      return { length: 255 };
    case 'Lookup':
      return { length: 18 };
    case 'Number':
      return { precision: precision ?? 18, scale: scale ?? 0 };
    default:
      return {};
  }
}
