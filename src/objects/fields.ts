/**
 * How a description writes its fields: one line a field, in the order of the reference page: name, label, size,
 * properties. The properties are the page's own line ("Create, Filter, Group, Nillable, Sort, Update"), so the
 * two can be compared by eye. A word the language does not know stops the program at load.
 */
import type { FieldDescription, FieldType, PicklistValue, Property } from './language.js';

/** The property line of a field, words separated by a comma and a blank. */
export type PropertyLine = Property | `${Property}, ${string}` | '';

/** What a field says beyond its line. */
export type More = Partial<Omit<FieldDescription, 'name' | 'label' | 'type' | 'properties'>>;

const KNOWN_PROPERTIES: ReadonlySet<string> = new Set<Property>([
  'Aggregatable',
  'Autonumber',
  'Create',
  'Defaulted on create',
  'Filter',
  'Group',
  'idLookup',
  'Namepointing',
  'Nillable',
  'Restricted picklist',
  'Sort',
  'Update',
]);

function propertiesOf(line: PropertyLine): readonly Property[] {
  if (line === '') return [];
  const words = line.split(', ');
  for (const word of words) {
    if (!KNOWN_PROPERTIES.has(word)) throw new Error(`unknown property word: ${word}`);
  }
  return words as Property[];
}

function field(
  name: string,
  label: string,
  type: FieldType,
  line: PropertyLine,
  more: More,
): FieldDescription {
  return Object.freeze({ name, label, type, properties: propertiesOf(line), ...more });
}

/** A field whose line is name, label, properties. */
type Plain = (name: string, label: string, line: PropertyLine, more?: More) => FieldDescription;
/** A field that also has a length in characters. */
type Sized = (
  name: string,
  label: string,
  length: number,
  line: PropertyLine,
  more?: More,
) => FieldDescription;

function plain(type: FieldType): Plain {
  return (name, label, line, more = {}) => field(name, label, type, line, more);
}

function sized(type: FieldType): Sized {
  return (name, label, length, line, more = {}) => field(name, label, type, line, { length, ...more });
}

export const checkbox: Plain = plain('boolean');
export const datetime: Plain = plain('datetime');
export const address: Plain = plain('address');
export const complexvalue: Plain = plain('complexvalue');

export const string: Sized = sized('string');
export const textarea: Sized = sized('textarea');
export const email: Sized = sized('email');
export const phone: Sized = sized('phone');
export const url: Sized = sized('url');
export const anyType: Sized = sized('anyType');

/** A bit of a bit vector (UserPermissions…, Options…): boolean in type, without a default in describe. */
export function bit(name: string, label: string, line: PropertyLine, more: More = {}): FieldDescription {
  return field(name, label, 'boolean', line, { ...more, flags: { defaultValue: null, ...more.flags } });
}

/** A whole number of so many digits. */
export function int(
  name: string,
  label: string,
  digits: number,
  line: PropertyLine,
  more: More = {},
): FieldDescription {
  return field(name, label, 'int', line, { digits, ...more });
}

/** A number of `precision` digits in all, `scale` of them behind the point. */
export function double(
  name: string,
  label: string,
  [precision, scale]: readonly [precision: number, scale: number],
  line: PropertyLine,
  more: More = {},
): FieldDescription {
  return field(name, label, 'double', line, { precision, scale, ...more });
}

/** A picklist value: its name where the label is the same, else [name, label]. A null label is shown as the name. */
export type Value = string | readonly [value: string, label: string | null] | PicklistValue;

/** The values of a picklist in describe order. */
export function valuesOf(values: readonly Value[]): readonly PicklistValue[] {
  return values.map((entry) => {
    if (typeof entry === 'string') return { value: entry, label: entry };
    return 'value' in entry ? entry : { value: entry[0], label: entry[1] };
  });
}

function chosen(type: 'picklist' | 'multipicklist') {
  return (
    name: string,
    label: string,
    length: number,
    values: readonly Value[],
    line: PropertyLine,
    more: More = {},
  ) => field(name, label, type, line, { length, picklistValues: valuesOf(values), ...more });
}

export const picklist = chosen('picklist');
export const multipicklist = chosen('multipicklist');

/**
 * A lookup. Its relationship bears the field's name without Id, unless `more` says otherwise. Several targets
 * make it polymorphic, except where `more.flags` says otherwise.
 */
export function reference(
  name: string,
  label: string,
  targets: string | readonly string[],
  line: PropertyLine,
  more: More = {},
): FieldDescription {
  return field(name, label, 'reference', line, {
    length: 18,
    referenceTo: typeof targets === 'string' ? [targets] : targets,
    relationshipName: name.replace(/Id$/, ''),
    ...more,
  });
}

/** Flags of a lookup that may point to rows of several objects. */
export const POLYMORPHIC = { namePointing: true, polymorphicForeignKey: true } as const;

// The fields every object gets from the platform (salesforce-data-api.md §4.3).

/** The record id. */
export function id(
  label: string,
  line: PropertyLine = 'Defaulted on create, Filter, Group, idLookup, Sort',
  more: More = {},
): FieldDescription {
  return field('Id', label, 'id', line, { length: 18, system: true, ...more });
}

export const isDeleted = checkbox('IsDeleted', 'Deleted', 'Defaulted on create, Filter, Group, Sort', {
  system: true,
  description: 'True while the row sits in the Recycle Bin.',
});

/** The owner: a user or a queue, the caller when nothing is sent on create. */
export const ownerId = reference(
  'OwnerId',
  'Owner ID',
  ['Group', 'User'],
  'Create, Defaulted on create, Filter, Group, Sort, Update',
  { flags: POLYMORPHIC, description: 'User or queue that owns the row.' },
);

export const createdDate = datetime('CreatedDate', 'Created Date', 'Defaulted on create, Filter, Sort', {
  system: true,
  description: 'When the row was inserted.',
});

export const createdById = reference(
  'CreatedById',
  'Created By ID',
  'User',
  'Defaulted on create, Filter, Group, Sort',
  { system: true, description: 'User who inserted the row.' },
);

export const lastModifiedDate = datetime(
  'LastModifiedDate',
  'Last Modified Date',
  'Defaulted on create, Filter, Sort',
  { system: true, description: 'When a user last changed the row.' },
);

export const lastModifiedById = reference(
  'LastModifiedById',
  'Last Modified By ID',
  'User',
  'Defaulted on create, Filter, Group, Sort',
  { system: true, description: 'User who last changed the row.' },
);

export const systemModstamp = datetime(
  'SystemModstamp',
  'System Modstamp',
  'Defaulted on create, Filter, Sort',
  { system: true, description: 'When a user or an automatic process last changed the row.' },
);

/** Who made the row and who changed it last, in describe order. */
export const auditFields: readonly FieldDescription[] = [
  createdDate,
  createdById,
  lastModifiedDate,
  lastModifiedById,
  systemModstamp,
];

export const lastViewedDate = datetime('LastViewedDate', 'Last Viewed Date', 'Filter, Nillable, Sort', {
  perUser: true,
  description: 'When the calling user last viewed this row; null if that user never did.',
});

export const lastReferencedDate = datetime(
  'LastReferencedDate',
  'Last Referenced Date',
  'Filter, Nillable, Sort',
  {
    perUser: true,
    description: 'When the calling user last touched this row or something related to it; null if never.',
  },
);

/** Adds Update to every field that may be created: see `editableInSetup` in the language. */
export function withUpdate(fields: readonly FieldDescription[]): readonly FieldDescription[] {
  return fields.map((one) =>
    one.properties.includes('Create') && !one.properties.includes('Update')
      ? Object.freeze({ ...one, properties: [...one.properties, 'Update' as const] })
      : one,
  );
}

/** Fields of which no aggregate can be made, whatever their type: those of rows that are computed. */
export function notAggregatable(fields: readonly FieldDescription[]): readonly FieldDescription[] {
  return fields.map((one) =>
    one.type === 'boolean' || one.flags?.aggregatable === false
      ? one
      : Object.freeze({ ...one, flags: { ...one.flags, aggregatable: false } }),
  );
}
