/**
 * The parameters of a compiled statement, and how a request fills them. A statement never holds a value: each one is
 * read here from the text of the request (by token), from the caller, from the time, or from the running cursor.
 * Refusals of values (bad ids, moments out of range, characters nobody can store) are made here, because texts that
 * share a plan differ in exactly these.
 */
import type { Caller } from '../access/caller.js';
import { type SharingParameter, sharingValue } from '../access/sharing/predicate-sql.js';
import { isoOf } from '../clock.js';
import type { PicklistValue } from '../objects/language.js';
import { textKey } from '../store/columns.js';
import { id18, isId } from '../store/ids.js';
import { isoDay, offsetAt } from './calendar.js';
import type { ComputedSource } from './computed/rows.js';
import { type DateRange, isFiscal, rangeOf, type Today } from './date-literals.js';
import { semanticError, syntaxError } from './errors.js';
import { DATE_TIME_MAX_MS, DATE_TIME_MIN_MS, dateTimeOf } from './literals.js';
import { STRING_MAX_CHARS, stringValue } from './strings.js';
import type { Lexed, Token } from './tokens.js';

/** A literal of the statement, by its tokens. */
export interface LiteralParameter {
  readonly kind: 'literal';
  /** How its text becomes a value. `folded` text is compared with key columns. */
  readonly as:
    | 'text'
    | 'folded'
    | 'like'
    | 'folded-like'
    | 'id'
    | 'picklist'
    | 'integer'
    | 'number'
    | 'boolean'
    | 'date'
    | 'datetime';
  readonly at: number;
  readonly fieldAt: number;
  readonly labels?: readonly PicklistValue[];
}

/** One end of a date literal's range. */
export interface RangeParameter {
  readonly kind: 'range';
  readonly end: 'first' | 'after';
  /** Whether days or moments are compared. */
  readonly of: 'date' | 'datetime';
  readonly at: number;
  readonly countAt: number | undefined;
}

export interface ListParameter {
  readonly kind: 'list';
  readonly items: readonly LiteralParameter[];
}

/** What the caller is or has. */
export interface CallerParameter {
  readonly kind: 'caller';
  readonly what: 'userId' | 'timeZone';
}

/** What the organization's fiscal year is. */
export interface FiscalParameter {
  readonly kind: 'fiscal';
  readonly what: 'startMonth' | 'yearShift';
}

/** Known when the plan is made: the values of a picklist, in their order. */
export interface FixedParameter {
  readonly kind: 'fixed';
  readonly value: readonly string[];
}

/** Whose rows are open to the caller: an array the caller's snapshot holds. */
export interface SharingValueParameter {
  readonly kind: 'sharing';
  readonly of: SharingParameter;
}

/** The rows of a computed object, as JSON. */
export interface RowsParameter {
  readonly kind: 'rows';
  readonly source: ComputedSource;
}

/** Given by the runner: how many rows, where the page begins. */
export interface RunParameter {
  readonly kind: 'run';
  readonly name: string;
}

export type Parameter =
  | LiteralParameter
  | RangeParameter
  | ListParameter
  | CallerParameter
  | FiscalParameter
  | FixedParameter
  | SharingValueParameter
  | RowsParameter
  | RunParameter;

/** The organization's fiscal year. */
export interface FiscalYear {
  /** 1 … 12 */
  readonly startMonth: number;
  /** Years added to the calendar year a fiscal year starts in, to get its name: 0 or 1. */
  readonly yearShift: number;
}

export interface Binding {
  readonly lexed: Lexed;
  readonly caller: Caller;
  /** Epoch milliseconds; only plans with date literals need it. */
  readonly now: number;
  readonly weekStart: number;
  readonly fiscal: FiscalYear;
  /** Rows of computed objects as JSON, by name; an object that is missing has none. */
  readonly computed: ReadonlyMap<string, string>;
  readonly run: Readonly<Record<string, unknown>>;
}

export const CALENDAR_FISCAL_YEAR: FiscalYear = { startMonth: 1, yearShift: 0 };

/** Whether binding needs to know what time it is. */
export const needsNow = (parameters: readonly Parameter[]): boolean =>
  parameters.some(({ kind }) => kind === 'range');

/** Whether binding needs the organization's fiscal year. */
export function needsFiscalYear(parameters: readonly Parameter[], lexed: Lexed): boolean {
  return parameters.some(
    (parameter) =>
      parameter.kind === 'fiscal' ||
      (parameter.kind === 'range' && isFiscal((lexed.tokens[parameter.at] as Token).word)),
  );
}

/** The values of a statement's parameters, in order. Throws the refusals of values. */
export function bind(parameters: readonly Parameter[], binding: Binding): unknown[] {
  return parameters.map((parameter) => parameterValue(parameter, binding));
}

function parameterValue(parameter: Parameter, binding: Binding): unknown {
  switch (parameter.kind) {
    case 'literal':
      return literalValue(parameter, binding);
    case 'list':
      return parameter.items.map((item) => literalValue(item, binding));
    case 'range':
      return rangeEnd(parameter, binding);
    case 'caller':
      return parameter.what === 'userId' ? binding.caller.userId : binding.caller.timeZone;
    case 'fiscal':
      return binding.fiscal[parameter.what];
    case 'fixed':
      return parameter.value;
    case 'sharing':
      return sharingValue(binding.caller, parameter.of);
    case 'rows':
      return binding.computed.get(parameter.source.object.name) ?? '[]';
    case 'run':
      return binding.run[parameter.name];
  }
}

const INT8_MAX = 2n ** 63n - 1n;

function literalValue(parameter: LiteralParameter, binding: Binding): unknown {
  const { lexed } = binding;
  const { text, word } = lexed.tokens[parameter.at] as Token;
  switch (parameter.as) {
    case 'text':
      return stringOf(lexed, parameter.at).normalize('NFC');
    case 'folded':
      return textKey(stringOf(lexed, parameter.at));
    case 'like':
      return stringOf(lexed, parameter.at, true).normalize('NFC');
    case 'folded-like':
      return textKey(stringOf(lexed, parameter.at, true));
    case 'picklist': {
      const value = stringOf(lexed, parameter.at);
      const key = textKey(value);
      return parameter.labels?.find((one) => textKey(one.value) === key)?.value ?? value;
    }
    case 'id': {
      const id = stringOf(lexed, parameter.at);
      if (isId(id)) return id18(id);
      throw semanticError(
        'INVALID_QUERY_FILTER_OPERATOR',
        lexed,
        parameter.fieldAt,
        `invalid ID field: ${id}`,
      );
    }
    case 'integer': {
      const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
      // Beyond what a bigint holds no stored number differs from the largest one.
      return String(value > INT8_MAX ? INT8_MAX : value < -INT8_MAX ? -INT8_MAX : value);
    }
    case 'number':
      return String(Number(text));
    case 'boolean':
      return word === 'TRUE';
    case 'date':
      return withinRange(binding, parameter, Date.parse(`${text}T00:00:00Z`), text);
    case 'datetime': {
      const ms = dateTimeOf(text) as number;
      withinRange(binding, parameter, ms + offsetAt(ms, binding.caller.timeZone), text);
      return isoOf(ms);
    }
  }
}

/** Moments before 1700 or after 4000, as the caller's clock shows them, are no values (salesforce-data-api.md §15.2). */
function withinRange(binding: Binding, parameter: LiteralParameter, local: number, text: string): string {
  if (local >= DATE_TIME_MIN_MS && local <= DATE_TIME_MAX_MS) return text;
  throw semanticError(
    'MALFORMED_QUERY',
    binding.lexed,
    parameter.at,
    `Invalid date or datetime: ${text.toLowerCase()}`,
  );
}

function stringOf(lexed: Lexed, at: number, like = false): string {
  const literal = (lexed.tokens[at] as Token).text;
  const result = stringValue(literal, like);
  if ('problem' in result) throw syntaxError(lexed, at, result.problem);
  if (result.value.length > STRING_MAX_CHARS) {
    throw semanticError(
      'MALFORMED_QUERY',
      lexed,
      at,
      `String literals may hold at most ${STRING_MAX_CHARS} characters`,
    );
  }
  return result.value;
}

function rangeEnd(parameter: RangeParameter, binding: Binding): string {
  const range = rangeAt(parameter, binding);
  if (parameter.of === 'date') return isoDay(parameter.end === 'first' ? range.firstDay : range.endDay);
  return isoOf(parameter.end === 'first' ? range.startMs : range.endMs);
}

function rangeAt(parameter: RangeParameter, binding: Binding): DateRange {
  const { lexed, caller } = binding;
  const count = parameter.countAt === undefined ? 0 : Number((lexed.tokens[parameter.countAt] as Token).text);
  const today: Today = {
    now: binding.now,
    timeZone: caller.timeZone,
    weekStart: binding.weekStart,
    fiscalStartMonth: binding.fiscal.startMonth,
  };
  return rangeOf((lexed.tokens[parameter.at] as Token).word, count, today);
}
