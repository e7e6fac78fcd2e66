/**
 * The description language: what an sObject is, said once. Describe (REST and SOAP), WSDL, DDL, validation,
 * SOQL checks, layouts and field permissions all derive from it. Data only, no I/O.
 * Words are the Object Reference's own (`Create`, `Nillable`, `Group` …), see salesforce-data-api.md §4.2.
 */

/** The lowest version served; the `minApiVersion` of what has always been there (salesforce-data-api.md §1). */
export const EVERY_VERSION = 21;

/** Describe `type` values served here (salesforce-data-api.md §4.1). */
export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'textarea'
  | 'picklist'
  | 'multipicklist'
  | 'combobox'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'long'
  | 'date'
  | 'datetime'
  | 'time'
  | 'email'
  | 'phone'
  | 'url'
  | 'address'
  | 'anyType'
  | 'base64'
  | 'encryptedstring'
  | 'complexvalue'
  | 'json'
  | 'location'
  | 'datacategorygroupreference';

/** Property words of the Object Reference. */
export type Property =
  | 'Aggregatable'
  | 'Autonumber'
  | 'Create'
  | 'Defaulted on create'
  | 'Filter'
  | 'Group'
  | 'idLookup'
  | 'Namepointing'
  | 'Nillable'
  | 'Restricted picklist'
  | 'Sort'
  | 'Update';

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
  /** Only where it breaks the rule of `isAggregatable`. */
  readonly aggregatable?: boolean;
  /** Only where it breaks the rule of `isPermissionable`. */
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
  /** One sentence for people: what the value means. Never sent by describe. */
  readonly description?: string;
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
  /**
   * The list depends on what is served: names of objects, or `Object.Field` of the fields that permissions can hide or
   * whose history can be tracked.
   */
  readonly picklistOf?: 'objects' | 'fields' | 'trackableFields';
  /** Describe's defaultValue of a picklist; given to a new row that sends none. */
  readonly defaultValue?: string | boolean | number;
  readonly flags?: FieldFlags;
  /** Kept by the platform; nobody writes it through an API. */
  readonly system?: true;
  /** Required by its properties, yet a create without it gets a generated value. */
  readonly generated?: true;
  /** Belongs to the caller, not to the row (LastViewedDate, LastReferencedDate): no column. */
  readonly perUser?: true;
  /** First API version that shows the field. */
  readonly minApiVersion?: number;
  /** First API version that no longer shows it. */
  readonly removedInApiVersion?: number;
  /** Added by an administrator; its name ends in `__c`. */
  readonly custom?: true;
  /** The column, where it does not follow from the name: that of a custom field is `c_<number>`. */
  readonly column?: string;
  /** Help for people who fill the field in; custom fields only. */
  readonly inlineHelpText?: string;
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
  | 'create'
  | 'delete'
  | 'describeLayout'
  | 'describeSObjects'
  | 'getDeleted'
  | 'getUpdated'
  | 'merge'
  | 'query'
  | 'retrieve'
  | 'search'
  | 'undelete'
  | 'update'
  | 'upsert';

/** Describe booleans of the object that are true; every other one is false. */
export type ObjectFlag =
  | 'createable'
  | 'deletable'
  | 'feedEnabled'
  | 'layoutable'
  | 'mergeable'
  | 'mruEnabled'
  | 'queryable'
  | 'replicateable'
  | 'retrieveable'
  | 'searchable'
  | 'triggerable'
  | 'undeletable'
  | 'updateable'
  | 'searchLayoutable'
  | 'compactLayoutable';

/** A field in its place on the default page layout (salesforce-data-api.md §6). */
export interface LayoutItem {
  readonly field: string;
  readonly behavior: 'Edit' | 'Required' | 'Readonly';
}

export interface LayoutSection {
  /** null: the first section of a detail page, which shows no heading. */
  readonly heading: string | null;
  readonly showHeadingOnDetail: boolean;
  readonly showHeadingOnEdit: boolean;
  /** One list per column, each from top to bottom. */
  readonly columns: readonly (readonly LayoutItem[])[];
}

/** The default layout, and what the lists and the compact layout show. */
export interface ObjectLayout {
  readonly name: string;
  readonly sections: readonly LayoutSection[];
  readonly compactLayoutFields: readonly string[];
  /** Columns of search results, lookups and tabs, after Name. */
  readonly listColumns: readonly string[];
}

/** Describe's associateEntityType and associateParentEntity: a Share or History object and its parent. */
export interface Association {
  readonly type: 'Share' | 'History';
  readonly parent: string;
}

export interface SObjectDescription {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  /** As describe reports it; null for Share and History objects. */
  readonly keyPrefix: string | null;
  /** First three characters of the ids really issued; '' for an object whose rows have no id. */
  readonly idPrefix: string;
  /** First API version that knows the object; below it the object does not exist. */
  readonly minApiVersion: number;
  readonly supportedCalls: readonly Call[];
  readonly flags: readonly ObjectFlag[];
  /** Missing from describeGlobal, as LiveAgentSessionOwnerSharingRule is. */
  readonly hiddenFromDescribeGlobal?: true;
  /** Set-up object: not mixed with others in one call, not shared by row. */
  readonly setup?: true;
  /** Rows are computed, not stored: no table. */
  readonly computed?: true;
  /**
   * The one marked exception to the reference: fields that may be created may also be updated here,
   * because the vendor edits them on set-up pages, which Floorwalker serves through the same API.
   */
  readonly editableInSetup?: true;
  readonly associate?: Association;
  /** Fields whose values together may stand in one row only; a row with a null among them is free. */
  readonly uniqueTogether?: readonly (readonly string[])[];
  /** In describe order. */
  readonly fields: readonly FieldDescription[];
  readonly childRelationships: readonly ChildRelationship[];
  readonly layout?: ObjectLayout;
  /** Fields whose changes an administrator may have recorded in the History object. */
  readonly trackableHistoryFields?: readonly string[];
}

/** Checks nothing; gives a description its literal type and freezes it. */
export function sObject<const T extends SObjectDescription>(description: T): T {
  return Object.freeze(description);
}
