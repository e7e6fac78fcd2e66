/**
 * The fields of a record out of a JSON body. REST reads values by the type of their field before the record engine
 * sees them, so a value of the wrong JSON type fails the whole call as JSON_PARSER_ERROR with its position
 * (salesforce-data-api.md §19.3); whether a value is allowed is the engine's business.
 */
import { ApiError } from '../../errors.js';
import type { FieldDescription, FieldType, SObjectDescription } from '../../objects/language.js';
import { fieldOf } from '../../objects/registry.js';
import { readValue } from '../../records/read-value.js';
import type { JsonDocument, JsonPath, JsonToken } from './json-document.js';

/** Messages say "or request may be missing a required field" from this version on (samples of 2014 lack it, of 2016 have it). */
const LONG_MESSAGE_FROM_VERSION = 38;

export interface ReadRecordOptions {
  /** Collections carry the id in the record; the resources of one row have it in the path. */
  readonly idAllowed?: boolean;
  /** Keys that are no fields. */
  readonly skip?: readonly string[];
}

/**
 * Reads the object at `path` of the body as a record of `object`. `attributes` is skipped; an Id is refused.
 * @throws ApiError JSON_PARSER_ERROR, INVALID_FIELD
 */
export function readRecordFields(
  body: JsonDocument,
  path: JsonPath,
  object: SObjectDescription,
  apiVersion: number,
  options: ReadRecordOptions = {},
): Map<string, unknown> {
  const record = objectAt(body, path);
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(record)) {
    if (name === 'attributes' || options.skip?.includes(name) === true) continue;
    if (name.toLowerCase() === 'id' && options.idAllowed !== true) {
      throw new ApiError('INVALID_FIELD', 'The Id field should not be specified in the sobject data.');
    }
    const field = fieldOf(object, name);
    if (field !== undefined && !isReadable(field, value)) {
      throw unreadableValue(body, [...path, name], field, apiVersion);
    }
    fields.set(name, value);
  }
  return fields;
}

/** The JSON object at a path; anything else there is a JSON_PARSER_ERROR. */
export function objectAt(body: JsonDocument, path: JsonPath): Record<string, unknown> {
  let value: unknown = body.value;
  for (const step of path) value = (value as Record<string | number, unknown>)[step];
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  const token = body.tokenAt(path);
  throw new ApiError('JSON_PARSER_ERROR', `The value is not a JSON object${at(token)}`);
}

/** Types whose text has a form of its own; the empty text has none, so here it is unreadable and not null. */
const FORMED_TYPES: ReadonlySet<FieldType> = new Set<FieldType>([
  'boolean',
  'int',
  'long',
  'double',
  'currency',
  'percent',
  'date',
  'datetime',
  'time',
]);

const STRUCTURED_TYPES: ReadonlySet<FieldType> = new Set<FieldType>([
  'address',
  'location',
  'complexvalue',
  'json',
  'anyType',
]);

/** Whether a JSON value can be read as one of the field's type at all. Text that reads as the type is accepted. */
function isReadable(field: FieldDescription, value: unknown): boolean {
  if (value === null || STRUCTURED_TYPES.has(field.type)) return true;
  if (!FORMED_TYPES.has(field.type)) return typeof value === 'string';
  if (value === '' || typeof value === 'object') return false;
  const reading = readValue(field, value);
  return reading.ok || reading.error.code !== 'INVALID_TYPE_ON_FIELD_IN_RECORD';
}

function unreadableValue(
  body: JsonDocument,
  path: JsonPath,
  field: FieldDescription,
  apiVersion: number,
): ApiError {
  const token = body.tokenAt(path);
  if (token === undefined)
    return new ApiError('JSON_PARSER_ERROR', `Cannot deserialize instance of ${field.type}`);
  // The vendor's text for an array has neither the value nor the second half: "… from START_ARRAY value [line:1, column:2]".
  const value = token.name === 'START_ARRAY' ? '' : ` ${token.text}`;
  const hint =
    token.name === 'START_ARRAY'
      ? ''
      : apiVersion < LONG_MESSAGE_FROM_VERSION
        ? ' at'
        : ' or request may be missing a required field at';
  return new ApiError(
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${field.type} from ${token.name} value${value}${hint} [line:${token.line}, column:${token.column}]`,
  );
}

function at(token: JsonToken | undefined): string {
  return token === undefined ? '' : ` at [line:${token.line}, column:${token.column}]`;
}
