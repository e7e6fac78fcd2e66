/**
 * A sent value becomes a stored one, by the type of its field, or a refusal (salesforce-data-api.md §4, §19.1). One
 * reading for all protocols: JSON sends numbers and booleans, SOAP and CSV send text; text that reads as the type is
 * taken. Moments are cut to whole seconds here, and text is trimmed here, so nothing else can be stored.
 */
import type { FieldDescription } from '../objects/language.js';
import { findObject, isRestrictedPicklist, objectOfId, picklistValuesOf } from '../objects/registry.js';
import { id18, isId } from '../store/ids.js';
import { hasUnsupportedCharacters, truncateText } from '../store/text.js';
import { type RecordError, recordError } from './result.js';

/** A value as the engine holds it: a datetime is epoch milliseconds, whole seconds; a date `YYYY-MM-DD`. */
export type StoredValue = string | number | boolean | null;

export type Reading =
  | { readonly ok: true; readonly value: StoredValue }
  | { readonly ok: false; readonly error: RecordError };

export interface ReadOptions {
  /** Cut text that is too long instead of refusing it (AllowFieldTruncationHeader). */
  readonly allowFieldTruncation?: boolean | undefined;
}

const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:?\d{2})?$/i;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?Z?$/i;
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const EMAIL = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+\.[^\s@<>()[\]\\,;:".]+$/;

const EARLIEST = Date.UTC(1700, 0, 1);
const LATEST = Date.UTC(4000, 11, 31);

/** Reads one value. Never throws: what was sent may be anything. */
export function readValue(field: FieldDescription, sent: unknown, options: ReadOptions = {}): Reading {
  if (sent === null || sent === undefined || sent === '')
    return stored(field.type === 'boolean' ? false : null);
  switch (field.type) {
    case 'id':
    case 'reference':
      return readId(field, sent);
    case 'boolean':
      return readBoolean(field, sent);
    case 'int':
    case 'long':
      return readInteger(field, sent);
    case 'double':
    case 'currency':
    case 'percent':
      return readNumber(field, sent);
    case 'datetime':
      return readDatetime(field, sent);
    case 'date':
      return readDate(field, sent);
    case 'time':
      return readTime(field, sent);
    case 'picklist':
      return readPicklist(field, sent);
    case 'multipicklist':
      return readMultipicklist(field, sent);
    case 'email':
      return readEmail(field, sent, options);
    default:
      return readText(field, sent, options);
  }
}

function stored(value: StoredValue): Reading {
  return { ok: true, value };
}

function refused(code: string, field: FieldDescription, text: string): Reading {
  return { ok: false, error: recordError(code, `${field.label}: ${text}`, [field.name]) };
}

/** A value as error texts show it: never longer than a line, whatever was sent. */
function shown(sent: unknown): string {
  const text = typeof sent === 'string' ? sent : (JSON.stringify(sent) ?? String(sent));
  return truncateText(text, 255);
}

function wrongType(field: FieldDescription, sent: unknown): Reading {
  return refused('INVALID_TYPE_ON_FIELD_IN_RECORD', field, `value not of required type: ${shown(sent)}`);
}

function outOfRange(field: FieldDescription, sent: unknown): Reading {
  return refused(
    'NUMBER_OUTSIDE_VALID_RANGE',
    field,
    `value outside of valid range on numeric field: ${shown(sent)}`,
  );
}

function readId(field: FieldDescription, sent: unknown): Reading {
  const text = typeof sent === 'string' ? sent.trim() : undefined;
  if (text === '') return stored(null);
  if (text === undefined || !isId(text)) return refusedId(field, sent);
  return mayRefer(field, text) ? stored(id18(text)) : refusedId(field, sent);
}

/** Whether the id is of an object the field may refer to. A target that is not served leaves it an id of anything else. */
function mayRefer(field: FieldDescription, id: string): boolean {
  const allowed = field.referenceTo ?? [];
  const target = objectOfId(id);
  if (target !== undefined) return allowed.length === 0 || allowed.includes(target.name);
  const prefixes = allowed.map((name) => findObject(name)?.idPrefix);
  return allowed.length === 0 || prefixes.some((prefix) => prefix === undefined || id.startsWith(prefix));
}

/** Not an id, or an id of another object: salesforce-data-api.md has one code and text for both. */
function refusedId(field: FieldDescription, sent: unknown): Reading {
  return refused('MALFORMED_ID', field, `id value of incorrect type: ${shown(sent)}`);
}

function readBoolean(field: FieldDescription, sent: unknown): Reading {
  if (typeof sent === 'boolean') return stored(sent);
  const text = String(sent).trim().toLowerCase();
  if (text === 'true' || text === '1') return stored(true);
  if (text === 'false' || text === '0' || text === '') return stored(false);
  return wrongType(field, sent);
}

function readInteger(field: FieldDescription, sent: unknown): Reading {
  const text =
    typeof sent === 'number' ? plainNumber(sent) : typeof sent === 'string' ? sent.trim() : undefined;
  if (text === '') return stored(null);
  // SOAP toolkits write whole numbers as 5.0
  const whole = text?.replace(/\.0*$/, '');
  if (whole === undefined || !INTEGER.test(whole)) return wrongType(field, sent);
  const value = Number(whole);
  const digits = field.type === 'long' ? 18 : (field.digits ?? 9);
  if (Math.abs(value) >= 10 ** digits || !Number.isSafeInteger(value)) return outOfRange(field, text);
  return stored(value === 0 ? 0 : value);
}

/** `1e21` is written out, so that the range check and not the form refuses it. */
function plainNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function readNumber(field: FieldDescription, sent: unknown): Reading {
  const text = typeof sent === 'number' ? String(sent) : typeof sent === 'string' ? sent.trim() : undefined;
  if (text === '') return stored(null);
  if (text === undefined || !NUMBER.test(text)) return wrongType(field, sent);
  const value = Number(text);
  const { precision = 18, scale = 0 } = field;
  if (!Number.isFinite(value) || Math.abs(value) >= 10 ** (precision - scale)) return outOfRange(field, text);
  const rounded = Number(value.toFixed(Math.min(scale, 20)));
  return stored(rounded === 0 ? 0 : rounded);
}

function readDatetime(field: FieldDescription, sent: unknown): Reading {
  const text = typeof sent === 'string' ? sent.trim() : '';
  const parts = DATETIME.exec(text);
  if (parts === null) return wrongType(field, sent);
  const [, year, month, day, hour, minute, second = '00', zone = 'Z'] = parts;
  if (!isDay(year, month, day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return wrongType(field, sent);
  }
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const value = local - offsetMs(zone);
  return value < EARLIEST || value > LATEST ? invalidDate(field, sent) : stored(value);
}

/** Milliseconds east of Greenwich of `Z`, `+02:00`, `+0200` or `+02`. */
function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return sign * (hours * 60 + (zone.length > 3 ? minutes : 0)) * 60_000;
}

function readDate(field: FieldDescription, sent: unknown): Reading {
  const text = typeof sent === 'string' ? sent.trim() : '';
  const parts = DATE.exec(text);
  if (parts === null || !isDay(parts[1], parts[2], parts[3])) return wrongType(field, sent);
  const day = text.slice(0, 10);
  return day < '1700-01-01' || day > '4000-12-31' ? invalidDate(field, sent) : stored(day);
}

/** Dates outside the range of §4.4. The code is a choice (unconfirmed): the reference names the range only. */
function invalidDate(field: FieldDescription, sent: unknown): Reading {
  return refused('FIELD_INTEGRITY_EXCEPTION', field, `invalid date: ${shown(sent)}`);
}

function isDay(year: string | undefined, month: string | undefined, day: string | undefined): boolean {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  // The calendar repeats every 400 years; 2000 and later keeps Date.UTC from reading two digits as 19xx.
  const lastDay = new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate();
  return m >= 1 && m <= 12 && d >= 1 && d <= lastDay;
}

function readTime(field: FieldDescription, sent: unknown): Reading {
  const parts = TIME.exec(typeof sent === 'string' ? sent.trim() : '');
  if (parts === null) return wrongType(field, sent);
  const [, hour, minute, second = '00', fraction = ''] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return wrongType(field, sent);
  return stored(`${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}`);
}

function readPicklist(field: FieldDescription, sent: unknown): Reading {
  if (typeof sent !== 'string') return wrongType(field, sent);
  const text = sent.trim();
  if (text === '') return stored(null);
  if (hasUnsupportedCharacters(text)) return unsupported(field);
  if (isRestrictedPicklist(field) && !isPicklistValue(field, text)) return badValue(field, text);
  const { length = 255 } = field;
  if (!isRestrictedPicklist(field) && text.length > length) return tooLong(field, text, length);
  return stored(text);
}

function readMultipicklist(field: FieldDescription, sent: unknown): Reading {
  if (typeof sent !== 'string') return wrongType(field, sent);
  if (hasUnsupportedCharacters(sent)) return unsupported(field);
  const values = [...new Set(sent.split(';').map((value) => value.trim()))].filter((value) => value !== '');
  const bad = values.find((value) => isRestrictedPicklist(field) && !isPicklistValue(field, value));
  if (bad !== undefined) return badValue(field, bad);
  const text = values.join(';');
  const { length = 4099 } = field;
  if (text.length > length) return tooLong(field, text, length);
  return stored(text === '' ? null : text);
}

function isPicklistValue(field: FieldDescription, text: string): boolean {
  return picklistValuesOf(field).some(({ value }) => value === text);
}

function badValue(field: FieldDescription, text: string): Reading {
  return refused(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    field,
    `bad value for restricted picklist field: ${shown(text)}`,
  );
}

function readEmail(field: FieldDescription, sent: unknown, options: ReadOptions): Reading {
  const reading = readText(field, sent, options);
  if (!reading.ok || reading.value === null || EMAIL.test(String(reading.value))) return reading;
  return refused('INVALID_EMAIL_ADDRESS', field, `invalid email address: ${shown(sent)}`);
}

/** Whether text is shaped like an e-mail address; user names must be. */
export function isEmailAddress(text: string): boolean {
  return EMAIL.test(text);
}

function readText(field: FieldDescription, sent: unknown, options: ReadOptions): Reading {
  if (typeof sent !== 'string') return wrongType(field, sent);
  const text = sent.trim();
  if (text === '') return stored(null);
  if (hasUnsupportedCharacters(text)) return unsupported(field);
  const length = field.length ?? 0;
  if (length > 0 && text.length > length) {
    if (options.allowFieldTruncation !== true) return tooLong(field, text, length);
    return stored(truncateText(text, length).trimEnd());
  }
  return stored(text);
}

function tooLong(field: FieldDescription, text: string, length: number): Reading {
  return refused('STRING_TOO_LONG', field, `data value too large: ${shown(text)} (max length=${length})`);
}

function unsupported(field: FieldDescription): Reading {
  return refused(
    'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET',
    field,
    'text data outside of the supported character set',
  );
}
