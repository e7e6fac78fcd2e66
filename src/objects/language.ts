/**
 * The description language: what an sObject is, said once. Describe (REST and SOAP), WSDL, DDL, validation,
 * SOQL checks, layouts and field permissions all derive from it. Data only, no I/O.
 * Words are the Object Reference's own (`Create`, `Nillable`, `Group` …), see salesforce-data-api.md §4.2.
 */

/** Describe `type` values served here (salesforce-data-api.md §4.1). */
export type FieldType =
  | 'id' | 'reference' | 'string' | 'textarea' | 'picklist' | 'multipicklist' | 'combobox' | 'boolean' | 'int'
  | 'double' | 'currency' | 'percent' | 'long' | 'date' | 'datetime' | 'time' | 'email' | 'phone' | 'url'
  | 'address' | 'anyType' | 'base64' | 'encryptedstring' | 'complexvalue' | 'json' | 'location'
  | 'datacategorygroupreference';

/** Property words of the Object Reference. */
export type Property =
  | 'Aggregatable' | 'Autonumber' | 'Create' | 'Defaulted on create' | 'Filter' | 'Group' | 'idLookup'
  | 'Namepointing' | 'Nillable' | 'Restricted picklist' | 'Sort' | 'Update';

export interface PicklistValue {
  readonly value: string;
  /** null where describe has null: the client shows the value. */
  readonly label: string | null;
  readonly default?: true;
}

/** What the property words do not say. */
export interface FieldFlags {
  readonly nameField?: boolean;
  readonly autoNumber?: boolean;
  readonly namePointing?: boolean;
  readonly polymorphicForeignKey?: boolean;
  readonly unique?: boolean;
  readonly caseSensitive?: boolean;
  readonly htmlFormatted?: boolean;
  readonly aggregatable?: boolean;
  readonly permissionable?: boolean;
  readonly compoundFieldName?: string;
  readonly extraTypeInfo?: string;
  /** A bit (UserPermissions…): describe defaultValue is null, not false. */
  readonly defaultValue?: null;
}

export interface FieldDescription {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Characters; text types only. */
  readonly length?: number;
  /** Digits of an int: 9 means -999999999 … 999999999. */
  readonly digits?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly properties: readonly Property[];
  readonly referenceTo?: readonly string[];
  /** null: the lookup has no name and cannot be traversed. */
  readonly relationshipName?: string | null;
  readonly picklistValues?: readonly PicklistValue[];
  readonly defaultValue?: string | boolean | number;
  readonly flags?: FieldFlags;
  /** Kept by the platform; nobody writes it through an API. */
  readonly system?: true;
  /** Belongs to the caller, not to the row (LastViewedDate, LastReferencedDate): no column. */
  readonly perUser?: true;
  /** First API version that shows the field. */
  readonly minApiVersion?: number;
  /** First API version that no longer shows it. */
  readonly removedInApiVersion?: number;
  /** Unit of a number, e.g. `seconds`. */
  readonly unit?: string;
}

export interface ChildRelationship {
  readonly childSObject: string;
  readonly field: string;
  readonly relationshipName: string | null;
  readonly cascadeDelete: boolean;
  readonly restrictedDelete: boolean;
  readonly deprecatedAndHidden: boolean;
}

/** Calls of the Object Reference's "Supported Calls". */
export type Call =
  | 'create' | 'delete' | 'describeLayout' | 'describeSObjects' | 'getDeleted' | 'getUpdated' | 'merge' | 'query'
  | 'retrieve' | 'search' | 'undelete' | 'update' | 'upsert';

/** Describe booleans of the object that are true; every other one is false. */
export type ObjectFlag =
  | 'createable' | 'deletable' | 'feedEnabled' | 'layoutable' | 'mergeable' | 'mruEnabled' | 'queryable'
  | 'replicateable' | 'retrieveable' | 'searchable' | 'triggerable' | 'undeletable' | 'updateable'
  | 'searchLayoutable' | 'compactLayoutable';

export interface SObjectDescription {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  /** As describe reports it; null for Share and History objects. */
  readonly keyPrefix: string | null;
  /** First three characters of the ids really issued. */
  readonly idPrefix: string;
  /** First API version that knows the object; below it the object does not exist. */
  readonly minApiVersion: number;
  readonly supportedCalls: readonly Call[];
  readonly flags: readonly ObjectFlag[];
  /** Missing from describeGlobal, as LiveAgentSessionOwnerSharingRule is. */
  readonly hiddenFromDescribeGlobal?: true;
  /** Set-up object: not mixed with others in one call, not shared by row. */
  readonly setup?: true;
  /** In describe order. */
  readonly fields: readonly FieldDescription[];
  readonly childRelationships: readonly ChildRelationship[];
}

/** Checks nothing; gives a description its literal type and freezes it. */
export function sObject<const T extends SObjectDescription>(description: T): T {
  return Object.freeze(description);
}
