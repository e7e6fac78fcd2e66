/**
 * Where a described field lives: the table of an object, the column of a field and its SQL type. DDL, the record
 * engine and the query compiler all ask here, so no name is spelled twice. Names are unquoted; SQL is written with
 * `quoteIdentifier`.
 */
import type { FieldDescription, FieldType, SObjectDescription } from '../objects/language.js';

/** `LiveAgentSession` -> `live_agent_session`, `LiveChatButtonSKill2` -> `live_chat_button_s_kill2`, `Foo__c` -> `foo__c`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

const TABLES = new WeakMap<SObjectDescription, string>();

/** The table of an object's rows. Asked for by every statement, so it is worked out once. */
export function tableOf(object: SObjectDescription): string {
  let table = TABLES.get(object);
  if (table === undefined) {
    table = `so_${snakeCase(object.name)}`;
    TABLES.set(object, table);
  }
  return table;
}

/** Whether rows of the object are stored; the others are computed when asked for. */
export function hasTable(object: SObjectDescription): boolean {
  return object.computed !== true && object.idPrefix !== '';
}

/** The sequence behind an object's ids. All History objects share one, as they share a prefix. */
export function idSequenceOf(object: SObjectDescription): string {
  return object.associate?.type === 'History' ? 'so_history_id_seq' : `${tableOf(object)}_id_seq`;
}

/** The character after the mark of an issued id: share rows of several objects share a prefix and differ in it; rows
 * kept here are the manual ones (DECISIONS 8). */
export function idClassOf(object: SObjectDescription): string {
  if (object.associate?.type !== 'Share') return '0';
  return object.associate.parent === 'LiveAgentSession' ? '1' : '3';
}

/** The sequence behind an object's autonumber. */
export function autonumberSequenceOf(object: SObjectDescription): string {
  return `${tableOf(object)}_autonumber_seq`;
}

const COLUMNS = new WeakMap<FieldDescription, string>();

/** The column of a field; ask `hasColumn` first. A field's description never changes, and this is asked for every value. */
export function columnOf(field: FieldDescription): string {
  let column = COLUMNS.get(field);
  if (column === undefined) {
    column = field.column ?? snakeCase(field.name);
    COLUMNS.set(field, column);
  }
  return column;
}

/** Compound addresses are made of their parts, and what belongs to the caller is kept in `recently_viewed`. */
export function hasColumn(field: FieldDescription): boolean {
  return field.type !== 'address' && field.type !== 'location' && field.perUser !== true;
}

const KEYED_TYPES: ReadonlySet<FieldType> = new Set<FieldType>([
  'string',
  'textarea',
  'email',
  'phone',
  'url',
  'combobox',
]);

/**
 * The column that free text is compared and sorted by, or undefined where the text itself serves (ids, autonumbers,
 * picklists) or nobody may ask. It holds `textKey(value)`, filled by the record engine on every write.
 */
export function keyColumnOf(field: FieldDescription): string | undefined {
  if (!hasColumn(field) || !KEYED_TYPES.has(field.type) || field.flags?.autoNumber === true) return undefined;
  const asked = field.properties.includes('Filter') || field.properties.includes('Sort');
  return asked ? `${columnOf(field)}__key` : undefined;
}

/**
 * What free text is compared by: upper case after NFC, so that comparison and order ignore case and the way an accent
 * was typed, alike on every server (DECISIONS 7, collation).
 */
export function textKey(text: string): string {
  return text.normalize('NFC').toUpperCase();
}

const SQL_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'text COLLATE "C"',
  reference: 'text COLLATE "C"',
  string: 'text COLLATE "C"',
  textarea: 'text COLLATE "C"',
  picklist: 'text COLLATE "C"',
  multipicklist: 'text COLLATE "C"',
  combobox: 'text COLLATE "C"',
  email: 'text COLLATE "C"',
  phone: 'text COLLATE "C"',
  url: 'text COLLATE "C"',
  encryptedstring: 'text COLLATE "C"',
  datacategorygroupreference: 'text COLLATE "C"',
  anyType: 'text COLLATE "C"',
  base64: 'bytea',
  json: 'jsonb',
  complexvalue: 'jsonb',
  boolean: 'boolean',
  int: 'integer',
  long: 'bigint',
  double: 'double precision',
  currency: 'double precision',
  percent: 'double precision',
  date: 'date',
  datetime: 'timestamptz',
  time: 'time',
  address: 'jsonb',
  location: 'jsonb',
};

/** The SQL type of a field's column, collation included. */
export function sqlTypeOf(field: FieldDescription): string {
  return SQL_TYPES[field.type];
}

/** What ADD COLUMN says behind the name of a field's column: a checkbox is never null. */
export function columnDefinitionOf(field: FieldDescription): string {
  const type = sqlTypeOf(field);
  return type === 'boolean' ? 'boolean NOT NULL DEFAULT false' : type;
}

/** The same for a key column. */
export const KEY_COLUMN_DEFINITION = 'text COLLATE "C"';

/** Columns every object's table has besides its described fields; none of them is ever a field. */
export const BOOKKEEPING_COLUMNS = [
  { name: 'is_deleted', definition: 'boolean NOT NULL DEFAULT false' },
  // When it went to the Recycle Bin, and with which record: its own id, or the parent whose deletion took it along.
  { name: 'deleted_at', definition: 'timestamptz' },
  { name: 'deleted_with', definition: 'text COLLATE "C"' },
  // Out of the Recycle Bin for good: no undelete, still in queryAll until the purge.
  { name: 'bin_emptied_at', definition: 'timestamptz' },
] as const;
