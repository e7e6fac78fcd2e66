/**
 * EntityDefinition and FieldDefinition: the objects and fields a caller may read, as rows. What a description does not
 * say (addresses of set-up pages, packages, formulas) is null or false.
 */
import type { Caller } from '../../access/caller.js';
import type { FieldDescription, ObjectFlag, SObjectDescription } from '../../objects/language.js';
import {
  fieldsAt,
  findObject,
  isAutoNumber,
  isFilterable,
  isGroupable,
  isIdLookup,
  isNillable,
  isSortable,
  nameFieldOf,
  OBJECTS,
} from '../../objects/registry.js';
import type { Queryable } from '../../store/database.js';
import { checksum, INSTANCE_MARK } from '../../store/ids.js';
import { readableField } from '../scope.js';
import type { ComputedRow } from './relation.js';

const READABLE_MODELS: Readonly<Record<string, string>> = {
  Private: 'None',
  Read: 'Read',
  ReadWrite: 'Edit',
};

export async function entityRows(db: Queryable, caller: Caller): Promise<readonly ComputedRow[]> {
  const settings = await db.query<{ object: string; model: string }>(
    'SELECT sobject_type AS object, internal_sharing_model AS model FROM so_floor_object_setting WHERE NOT is_deleted',
    [],
    'query.object-settings',
  );
  const models = new Map(settings.map(({ object, model }) => [object, model]));
  return readableObjects(caller).map((object, place) => {
    const has = (flag: ObjectFlag) => object.flags.includes(flag);
    return {
      Id: definitionId('4ie', place),
      DurableId: object.name,
      QualifiedApiName: object.name,
      DeveloperName: object.name,
      MasterLabel: object.label,
      Label: object.label,
      PluralLabel: object.labelPlural,
      KeyPrefix: object.keyPrefix,
      IsApexTriggerable: has('triggerable'),
      IsCompactLayoutable: has('compactLayoutable'),
      IsReplicateable: has('replicateable'),
      IsRetrieveable: has('retrieveable'),
      IsSearchLayoutable: has('searchLayoutable'),
      IsSearchable: has('searchable'),
      IsTriggerable: has('triggerable'),
      IsIdEnabled: object.idPrefix !== '',
      IsEverCreatable: has('createable'),
      IsEverUpdatable: has('updateable'),
      IsEverDeletable: has('deletable'),
      IsFeedEnabled: has('feedEnabled'),
      IsQueryable: has('queryable'),
      IsMruEnabled: has('mruEnabled'),
      IsLayoutable: has('layoutable'),
      InternalSharingModel: READABLE_MODELS[models.get(object.name) ?? 'ReadWrite'],
      ExternalSharingModel: 'None',
    };
  });
}

export async function fieldRows(db: Queryable, caller: Caller): Promise<readonly ComputedRow[]> {
  const tracked = await db.query<{ field: string }>(
    'SELECT field FROM so_floor_field_setting WHERE is_history_tracked AND NOT is_deleted',
    [],
    'query.field-settings',
  );
  const withHistory = new Set(tracked.map(({ field }) => field));
  return readableObjects(caller)
    .flatMap((object) =>
      fieldsAt(object, caller.apiVersion)
        .filter((field) => readableField(caller, object, field.name) !== undefined)
        .map((field) => fieldRow(object, field, withHistory)),
    )
    .map((row, place) => ({ Id: definitionId('4fe', place), ...row }));
}

function fieldRow(
  object: SObjectDescription,
  field: FieldDescription,
  withHistory: ReadonlySet<string>,
): ComputedRow {
  const durableId = `${object.name}.${field.name}`;
  return {
    DurableId: durableId,
    QualifiedApiName: field.name,
    EntityDefinitionId: object.name,
    DeveloperName: field.custom === true ? field.name.slice(0, -'__c'.length) : field.name,
    MasterLabel: field.label,
    Label: field.label,
    Length: field.length ?? 0,
    DataType: dataTypeOf(field),
    ValueTypeId: field.type,
    ExtraTypeInfo: field.flags?.extraTypeInfo ?? null,
    IsHtmlFormatted: field.flags?.htmlFormatted === true,
    IsNameField: field === nameFieldOf(object),
    IsNillable: isNillable(field),
    Precision: field.precision ?? field.digits ?? 0,
    Scale: field.scale ?? 0,
    IsFieldHistoryTracked: withHistory.has(durableId),
    IsIndexed: field.type === 'id' || field.type === 'reference' || isIdLookup(field),
    IsApiFilterable: isFilterable(field),
    IsApiSortable: isSortable(field),
    IsApiGroupable: isGroupable(field),
    RelationshipName: field.relationshipName ?? null,
    ReferenceTo: { referenceTo: field.referenceTo ?? null },
    IsPolymorphicForeignKey: field.flags?.polymorphicForeignKey === true,
    IsCompound: field.type === 'address' || field.type === 'location',
  };
}

const NAMES_OF_TYPES: Partial<Record<FieldDescription['type'], string>> = {
  boolean: 'Checkbox',
  datetime: 'Date/Time',
  date: 'Date',
  time: 'Time',
  email: 'Email',
  phone: 'Phone',
  url: 'URL',
  picklist: 'Picklist',
  multipicklist: 'Picklist (Multi-Select)',
  address: 'Address',
};

/** The type in the words of the set-up pages. */
function dataTypeOf(field: FieldDescription): string {
  if (isAutoNumber(field)) return 'Auto Number';
  switch (field.type) {
    case 'reference':
      return `Lookup(${(field.referenceTo ?? []).join(',')})`;
    case 'int':
      return `Number(${field.digits ?? 9}, 0)`;
    case 'double':
      return `Number(${(field.precision ?? 18) - (field.scale ?? 0)}, ${field.scale ?? 0})`;
    case 'string':
      return `Text(${field.length ?? 255})`;
    case 'textarea':
      return (field.length ?? 0) > 255
        ? `Long Text Area(${field.length})`
        : `Text Area(${field.length ?? 255})`;
    default:
      return NAMES_OF_TYPES[field.type] ?? field.type;
  }
}

const readableObjects = (caller: Caller): readonly SObjectDescription[] =>
  OBJECTS.filter(
    ({ name }) => findObject(name, caller.apiVersion) !== undefined && caller.access.object(name).read,
  );

/** Ids that name a place in the list; two rows never share one. */
function definitionId(prefix: string, place: number): string {
  const fifteen = `${prefix}${INSTANCE_MARK}0${String(place).padStart(9, '0')}`;
  return fifteen + checksum(fifteen);
}
