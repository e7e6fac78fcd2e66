/**
 * The metadata of a custom field as it is sent, read into a definition, and back. Nothing that could not be kept is
 * passed over in silence: a setting that has no meaning here is refused unless it is off.
 */
import { ApiError } from '../errors.js';
import {
  CUSTOM_FIELD_TYPES,
  type CustomFieldDefinition,
  type CustomFieldType,
  type CustomPicklistValue,
} from '../objects/custom-field.js';
import { findObject } from '../objects/registry.js';
import { hasTable } from '../store/columns.js';
import { hasUnsupportedCharacters } from '../store/text.js';

const LABEL_MAX = 40;
const HELP_MAX = 510;
const DESCRIPTION_MAX = 1_000;
const TEXT_MAX = 255;
const LONG_TEXT = { least: 256, most: 131_072, usual: 32_768 } as const;
const DIGITS_MAX = 18;
const PICKLIST_VALUES_MAX = 1_000;
const PICKLIST_VALUE_MAX = 255;

type Json = Readonly<Record<string, unknown>>;

/** Some of a definition, absent or undefined alike. */
type Parts = { readonly [Key in keyof CustomFieldDefinition]?: CustomFieldDefinition[Key] | undefined };

/** Read by every type, or without a meaning for data. */
const EVERY_KEY = [
  'type',
  'label',
  'description',
  'inlineHelpText',
  'fullName',
  'visibleLines',
  'trackFeedHistory',
];
const KEYS_OF: Readonly<Record<CustomFieldType, readonly string[]>> = {
  Checkbox: ['defaultValue'],
  Date: [],
  DateTime: [],
  LongTextArea: ['length'],
  Lookup: ['referenceTo', 'relationshipLabel', 'relationshipName', 'deleteConstraint'],
  Number: ['precision', 'scale'],
  Picklist: ['valueSet'],
  Text: ['length'],
  TextArea: ['length'],
};

/** @throws ApiError FIELD_INTEGRITY_EXCEPTION, STRING_TOO_LONG, NUMBER_OUTSIDE_VALID_RANGE, REQUIRED_FIELD_MISSING … */
export function readMetadata(sent: unknown): CustomFieldDefinition {
  if (!isObject(sent))
    throw new ApiError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [Metadata]', {
      fields: ['Metadata'],
    });
  const type = typeOf(sent.type);
  for (const [key, value] of Object.entries(sent)) {
    if (EVERY_KEY.includes(key) || KEYS_OF[type].includes(key)) continue;
    if (value === null || value === false || value === undefined) continue;
    throw refused(`${key.slice(0, 80)} is not supported for a field of type ${type}`);
  }
  const label = textOf(sent, 'label', LABEL_MAX);
  if (label === undefined) {
    throw new ApiError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [label]', {
      fields: ['label'],
    });
  }
  return withoutAbsent({
    type,
    label,
    description: textOf(sent, 'description', DESCRIPTION_MAX),
    inlineHelpText: textOf(sent, 'inlineHelpText', HELP_MAX),
    ...ofType(type, sent),
  });
}

function ofType(type: CustomFieldType, sent: Json): Parts {
  switch (type) {
    case 'Text':
      return { length: wholeOf(sent, 'length', 1, TEXT_MAX) };
    case 'TextArea':
      return { length: sent.length === undefined ? TEXT_MAX : wholeOf(sent, 'length', TEXT_MAX, TEXT_MAX) };
    case 'LongTextArea':
      return {
        length:
          sent.length === undefined
            ? LONG_TEXT.usual
            : wholeOf(sent, 'length', LONG_TEXT.least, LONG_TEXT.most),
      };
    case 'Number': {
      const precision = wholeOf(sent, 'precision', 1, DIGITS_MAX);
      return { precision, scale: wholeOf(sent, 'scale', 0, precision - 1) };
    }
    case 'Checkbox':
      return { defaultValue: booleanOf(sent.defaultValue) };
    case 'Picklist':
      return picklistOf(sent.valueSet);
    case 'Lookup':
      return lookupOf(sent);
    default:
      return {};
  }
}

function typeOf(sent: unknown): CustomFieldType {
  if (typeof sent === 'string' && Object.hasOwn(CUSTOM_FIELD_TYPES, sent)) return sent as CustomFieldType;
  const served = Object.keys(CUSTOM_FIELD_TYPES).join(', ');
  throw new ApiError(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `Type: bad value for restricted picklist field: ${shown(sent)}; served are ${served}`,
    { fields: ['type'] },
  );
}

function textOf(sent: Json, key: string, most: number): string | undefined {
  const value = sent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw refused(`${key} is not text`, key);
  const text = value.trim();
  if (text === '') return undefined;
  if (hasUnsupportedCharacters(text)) {
    throw new ApiError(
      'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET',
      `${key}: text data outside of the supported character set`,
      { fields: [key] },
    );
  }
  if (text.length > most) {
    throw new ApiError(
      'STRING_TOO_LONG',
      `${key}: data value too large: ${shown(text)} (max length=${most})`,
      {
        fields: [key],
      },
    );
  }
  return text;
}

function wholeOf(sent: Json, key: string, least: number, most: number): number {
  const value = sent[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ApiError(
    'NUMBER_OUTSIDE_VALID_RANGE',
    `${key}: a whole number from ${least} to ${most} is needed, not ${shown(value ?? null)}`,
    { fields: [key] },
  );
}

function booleanOf(sent: unknown): boolean {
  if (sent === undefined || sent === null || sent === false || sent === 'false') return false;
  if (sent === true || sent === 'true') return true;
  throw refused(`defaultValue of a checkbox is true or false, not ${shown(sent)}`, 'defaultValue');
}

function picklistOf(sent: unknown): Parts {
  const definition = isObject(sent) ? sent.valueSetDefinition : undefined;
  const list = isObject(definition) ? definition.value : undefined;
  if (!isObject(sent) || !isObject(definition) || !Array.isArray(list) || list.length === 0) {
    throw refused('a picklist needs valueSet.valueSetDefinition.value, a list of values', 'valueSet');
  }
  if (list.length > PICKLIST_VALUES_MAX) {
    throw new ApiError('LIMIT_EXCEEDED', `a picklist has at most ${PICKLIST_VALUES_MAX} values`, {
      fields: ['valueSet'],
    });
  }
  const values = list.map(picklistValueOf).filter((value) => value !== undefined);
  const names = new Set(values.map(({ value }) => value.toLowerCase()));
  if (names.size < values.length) throw refused('a picklist value stands twice', 'valueSet');
  if (values.filter(({ isDefault }) => isDefault).length > 1)
    throw refused('only one picklist value can be the default', 'valueSet');
  const sorted =
    definition.sorted === true ? [...values].sort((a, b) => (a.label < b.label ? -1 : 1)) : values;
  return { values: sorted, restricted: sent.restricted === true };
}

/** Undefined for a value that is switched off: stored values stay, new ones are not offered. */
function picklistValueOf(sent: unknown): CustomPicklistValue | undefined {
  if (!isObject(sent)) throw refused('a picklist value is an object with fullName and label', 'valueSet');
  const value = textOf(sent, 'fullName', PICKLIST_VALUE_MAX);
  if (value === undefined) throw refused('a picklist value needs a fullName', 'valueSet');
  const label = textOf(sent, 'label', PICKLIST_VALUE_MAX) ?? value;
  return sent.isActive === false ? undefined : { value, label, isDefault: sent.default === true };
}

function lookupOf(sent: Json): Parts {
  const target = typeof sent.referenceTo === 'string' ? findObject(sent.referenceTo) : undefined;
  if (target === undefined || !hasTable(target) || target.associate !== undefined) {
    throw refused(
      `referenceTo: ${shown(sent.referenceTo ?? null)} is no object a lookup can lead to`,
      'referenceTo',
    );
  }
  const { deleteConstraint } = sent;
  if (deleteConstraint !== undefined && deleteConstraint !== null && deleteConstraint !== 'SetNull') {
    throw refused('deleteConstraint: only SetNull is supported', 'deleteConstraint');
  }
  return {
    referenceTo: target.name,
    relationshipLabel: textOf(sent, 'relationshipLabel', 80),
    relationshipName: textOf(sent, 'relationshipName', 40),
  };
}

/**
 * What an existing field may become: other words, more room, other values. What its column holds must stay readable.
 * @throws ApiError FIELD_INTEGRITY_EXCEPTION
 */
export function assertChangeable(before: CustomFieldDefinition, after: CustomFieldDefinition): void {
  if (before.type !== after.type)
    throw refused(`type: a ${before.type} cannot become a ${after.type}`, 'type');
  if (before.referenceTo !== after.referenceTo) throw refused('referenceTo cannot be changed', 'referenceTo');
  if ((after.length ?? 0) < (before.length ?? 0)) throw refused('length cannot be made smaller', 'length');
  const { scale = 0, precision = 0 } = before;
  if ((after.scale ?? 0) < scale) throw refused('scale cannot be made smaller', 'scale');
  if ((after.precision ?? 0) - (after.scale ?? 0) < precision - scale) {
    throw refused('the digits before the point cannot be made fewer', 'precision');
  }
}

/** As clients read it back. */
export function metadataOf(definition: CustomFieldDefinition): Readonly<Record<string, unknown>> {
  const { type, label, values, restricted, defaultValue, ...rest } = definition;
  return {
    type,
    label,
    ...rest,
    ...(type === 'Checkbox' ? { defaultValue: String(defaultValue === true) } : {}),
    ...(values === undefined
      ? {}
      : {
          valueSet: {
            restricted: restricted === true,
            valueSetDefinition: {
              sorted: false,
              value: values.map((one) => ({
                fullName: one.value,
                label: one.label,
                default: one.isDefault,
                isActive: true,
              })),
            },
          },
        }),
    required: false,
  };
}

function withoutAbsent(definition: Parts): CustomFieldDefinition {
  return Object.fromEntries(
    Object.entries(definition).filter(([, value]) => value !== undefined),
  ) as unknown as CustomFieldDefinition;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(message: string, field?: string): ApiError {
  return new ApiError('FIELD_INTEGRITY_EXCEPTION', message, field === undefined ? {} : { fields: [field] });
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 100);
}
