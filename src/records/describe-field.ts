/**
 * A field as describe shows it to a caller: 57 keys in code-point order, the same for REST and, without what is empty,
 * for SOAP (salesforce-data-api.md §4.1, §4.2, §5.2, §5.4). Everything follows from the description and the caller's
 * field permission.
 */
import type { FieldRights, ObjectRights } from '../access/caller.js';
import type { FieldDescription, FieldType, SObjectDescription } from '../objects/language.js';
import {
  isAggregatable,
  isAutoNumber,
  isCreateable,
  isDefaultedOnCreate,
  isFilterable,
  isGroupable,
  isIdLookup,
  isNillable,
  isPermissionable,
  isRestrictedPicklist,
  isSortable,
  isUpdateable,
  picklistValuesOf,
} from '../objects/registry.js';

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  string: 'xsd:string',
  textarea: 'xsd:string',
  picklist: 'xsd:string',
  multipicklist: 'xsd:string',
  combobox: 'xsd:string',
  email: 'xsd:string',
  phone: 'xsd:string',
  url: 'xsd:string',
  encryptedstring: 'xsd:string',
  datacategorygroupreference: 'xsd:string',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  long: 'xsd:long',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  time: 'xsd:time',
  base64: 'xsd:base64Binary',
  anyType: 'xsd:anyType',
  complexvalue: 'xsd:anyType',
  json: 'xsd:string',
  address: 'urn:address',
  location: 'urn:location',
};

/** The type a field's value has in XML. */
export function soapTypeOf(field: FieldDescription): string {
  return SOAP_TYPES[field.type];
}

/** First version whose field describe has all 57 keys; the four named below came with it (i). */
const FULL_FIELD_FROM_VERSION = 39;
const LATER_KEYS = [
  'aiPredictionField',
  'formulaTreatNullNumberAsZero',
  'polymorphicForeignKey',
  'searchPrefilterable',
] as const;

/** In describe's order; `unknown` because clients read it, not we. */
export type FieldDescribe = Readonly<Record<string, unknown>>;

/** How this caller sees the field; whether the caller sees it at all was asked before. */
export function describeField(
  object: SObjectDescription,
  field: FieldDescription,
  rights: { readonly object: ObjectRights; readonly field: FieldRights },
  apiVersion: number,
): FieldDescribe {
  const { flags = {} } = field;
  const describe: Record<string, unknown> = {
    aggregatable: isAggregatable(field),
    aiPredictionField: false,
    autoNumber: isAutoNumber(field),
    byteLength: byteLengthOf(field),
    calculated: false,
    calculatedFormula: null,
    cascadeDelete: false,
    caseSensitive: flags.caseSensitive ?? false,
    compoundFieldName: flags.compoundFieldName ?? null,
    controllerName: null,
    createable: isCreateable(field) && rights.field.edit,
    custom: field.custom === true,
    defaultValue: defaultValueOf(field),
    defaultValueFormula: null,
    defaultedOnCreate: isDefaultedOnCreate(field),
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: field.digits ?? 0,
    displayLocationInDecimal: false,
    encrypted: field.type === 'encryptedstring',
    externalId: false,
    extraTypeInfo: flags.extraTypeInfo ?? null,
    filterable: isFilterable(field),
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: isGroupable(field),
    highScaleNumber: false,
    htmlFormatted: flags.htmlFormatted ?? false,
    idLookup: isIdLookup(field),
    inlineHelpText: field.inlineHelpText ?? null,
    label: field.label,
    length: field.length ?? 0,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: flags.nameField ?? false,
    namePointing: flags.namePointing ?? field.properties.includes('Namepointing'),
    nillable: isNillable(field),
    permissionable: isPermissionable(object, field),
    picklistValues: picklistValuesOf(field).map(({ value, label, default: isDefault }) => ({
      active: true,
      defaultValue: isDefault ?? false,
      label,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: flags.polymorphicForeignKey ?? false,
    precision: field.precision ?? 0,
    queryByDistance: field.type === 'location' || field.type === 'address',
    referenceTargetField: null,
    referenceTo: field.referenceTo ?? [],
    relationshipName: field.relationshipName ?? null,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: isRestrictedPicklist(field),
    scale: field.scale ?? 0,
    searchPrefilterable: false,
    soapType: soapTypeOf(field),
    sortable: isSortable(field),
    type: field.type,
    unique: flags.unique ?? false,
    updateable: isUpdateable(field) && rights.field.edit,
    writeRequiresMasterRead: false,
  };
  if (apiVersion < FULL_FIELD_FROM_VERSION) for (const key of LATER_KEYS) delete describe[key];
  return describe;
}

function byteLengthOf(field: FieldDescription): number {
  if (field.type === 'id' || field.type === 'reference') return 18;
  return 3 * (field.length ?? 0);
}

function defaultValueOf(field: FieldDescription): string | number | boolean | null {
  if (field.type === 'boolean')
    return field.flags?.defaultValue === null ? null : (field.defaultValue ?? false);
  return field.defaultValue ?? null;
}
