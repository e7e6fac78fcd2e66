/**
 * What a statement means: every name resolved to a description, every rule of the language applied. The compiler
 * takes this and needs to ask nobody. Literals stay pointers into the text (`at`), because a checked query serves
 * every text of the same shape.
 */

import type { FieldDescription, FieldType, PicklistValue, SObjectDescription } from '../objects/language.js';
import type { Literal, Operator, Query } from './ast.js';
import type { ReadableFields } from './readable-fields.js';

/** One table of the query: the object asked for, or a parent reached by a path. */
export interface Source {
  /** Position in `CheckedQuery.sources`; the root is 0. */
  readonly index: number;
  /** `name`: the polymorphic parent, read through the Name object; `typed`: that parent seen as one object by TYPEOF. */
  readonly kind: 'root' | 'parent' | 'name' | 'typed';
  readonly object: SObjectDescription;
  /** What the caller may read of it. */
  readonly fields: ReadableFields;
  readonly parent: Source | undefined;
  /** The reference field of `parent` that leads here. */
  readonly via: FieldDescription | undefined;
  /** Whether a row of the root may have no row here. */
  readonly optional: boolean;
}

// ---- values --------------------------------------------------------------------------------------------

export type Value = ColumnValue | DateFunction | Aggregate | Grouping;

export interface ColumnValue {
  readonly kind: 'column';
  readonly source: Source;
  readonly field: FieldDescription;
  /** As a client would write it: canonical names, dotted from the root. */
  readonly path: string;
}

export type DateFunctionName =
  | 'CALENDAR_MONTH'
  | 'CALENDAR_QUARTER'
  | 'CALENDAR_YEAR'
  | 'DAY_IN_MONTH'
  | 'DAY_IN_WEEK'
  | 'DAY_IN_YEAR'
  | 'DAY_ONLY'
  | 'FISCAL_MONTH'
  | 'FISCAL_QUARTER'
  | 'FISCAL_YEAR'
  | 'HOUR_IN_DAY'
  | 'WEEK_IN_MONTH'
  | 'WEEK_IN_YEAR';

export interface DateFunction {
  readonly kind: 'date-function';
  readonly name: DateFunctionName;
  /** Whether convertTimezone() shifts to the caller's zone first; UTC otherwise. */
  readonly local: boolean;
  readonly of: ColumnValue;
}

export type AggregateName = 'COUNT' | 'COUNT_DISTINCT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly name: AggregateName;
  readonly of: ColumnValue;
}

export interface Grouping {
  readonly kind: 'grouping';
  readonly of: ColumnValue | DateFunction;
}

/** The describe type of a value. */
export function typeOf(value: Value): FieldType {
  switch (value.kind) {
    case 'column':
      return value.field.type;
    case 'date-function':
      return value.name === 'DAY_ONLY' ? 'date' : 'int';
    case 'grouping':
      return 'int';
    case 'aggregate':
      if (value.name === 'COUNT' || value.name === 'COUNT_DISTINCT') return 'int';
      if (value.name === 'AVG') return 'double';
      return value.of.field.type;
  }
}

/** Whether a value can be null in some row. */
export function isNullable(value: Value): boolean {
  switch (value.kind) {
    case 'column':
      return (
        value.source.optional || value.field.properties.includes('Nillable') || value.field.perUser === true
      );
    case 'date-function':
      return isNullable(value.of);
    case 'grouping':
      return false;
    case 'aggregate':
      return value.name !== 'COUNT' && value.name !== 'COUNT_DISTINCT';
  }
}

/** Whether two values are the same expression. */
export function isSame(one: Value, other: Value): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === 'column') {
    return other.kind === 'column' && one.source.index === other.source.index && one.field === other.field;
  }
  if (one.kind === 'date-function') {
    return (
      other.kind === 'date-function' &&
      one.name === other.name &&
      one.local === other.local &&
      isSame(one.of, other.of)
    );
  }
  if (one.kind === 'aggregate')
    return other.kind === 'aggregate' && one.name === other.name && isSame(one.of, other.of);
  return other.kind === 'grouping' && isSame(one.of, other.of);
}

// ---- what comes back -----------------------------------------------------------------------------------

export type Member = ValueMember | ParentMember | ChildrenMember | TypeOfMember;

export interface ValueMember {
  readonly kind: 'value';
  readonly key: string;
  readonly value: Value;
  /** FORMAT() writes for people, toLabel() gives a picklist's label. */
  readonly as: 'plain' | 'format' | 'label';
  /** The labels of `as: 'label'`. */
  readonly labels?: readonly PicklistValue[];
}

export interface ParentMember {
  readonly kind: 'parent';
  readonly key: string;
  readonly source: Source;
  readonly members: readonly Member[];
}

export interface ChildrenMember {
  readonly kind: 'children';
  readonly key: string;
  readonly query: CheckedQuery;
  /** As written, for the statement that goes on where one page of children ends. */
  readonly syntax: Query;
  /** The child's reference to the row it belongs to. */
  readonly via: FieldDescription;
  /** The source of this query whose rows have the children. */
  readonly of: Source;
}

export interface TypeOfMember {
  readonly kind: 'typeof';
  readonly key: string;
  /** The Name row of the parent, which knows its type. */
  readonly source: Source;
  readonly when: readonly { readonly source: Source; readonly members: readonly Member[] }[];
  readonly otherwise: readonly Member[] | undefined;
}

// ---- conditions ----------------------------------------------------------------------------------------

export type CheckedCondition =
  | SearchCondition
  | { readonly kind: 'and' | 'or'; readonly operands: readonly CheckedCondition[] }
  | { readonly kind: 'not'; readonly operand: CheckedCondition }
  | {
      readonly kind: 'comparison';
      readonly left: Value;
      readonly operator: Operator;
      readonly value: CheckedLiteral;
    }
  | {
      readonly kind: 'in';
      readonly left: Value;
      readonly negated: boolean;
      readonly values: readonly CheckedLiteral[];
    }
  | {
      readonly kind: 'includes';
      readonly left: Value;
      readonly negated: boolean;
      readonly values: readonly CheckedLiteral[];
    }
  | {
      readonly kind: 'semi-join';
      readonly left: ColumnValue;
      readonly negated: boolean;
      readonly query: CheckedQuery;
    };

/** SOSL: the row is among those found. Texts of the search are run parameters, by name. */
export interface SearchCondition {
  readonly kind: 'search';
  readonly source: Source;
  /** Tells which words to look for; undefined where only reading the texts can tell. */
  readonly terms: string | undefined;
  /** What the index cannot decide: read in the words kept beside it. */
  readonly reading: SearchReading | undefined;
  /** Only rows the caller viewed. */
  readonly viewed: boolean;
}

export type SearchReading =
  | { readonly kind: 'and' | 'or'; readonly of: readonly SearchReading[] }
  | { readonly kind: 'not'; readonly of: SearchReading }
  | { readonly kind: 'matches'; readonly parameter: string }
  | { readonly kind: 'never' };

export interface CheckedLiteral extends Literal {
  /** The token of the field it is compared with: errors about values point there. */
  readonly fieldAt: number;
}

export interface CheckedOrder {
  readonly by: Value;
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

export type ScopeName = 'everything' | 'mine' | 'queue_owned' | 'scopingrule' | 'team' | 'user_owned';

// ---- the whole -----------------------------------------------------------------------------------------

export interface CheckedQuery {
  readonly kind: 'checked';
  /** `count`: a lone COUNT(); `groups`: rows are groups or one overall aggregate. */
  readonly mode: 'rows' | 'count' | 'groups';
  readonly object: SObjectDescription;
  readonly sources: readonly Source[];
  /** Sources whose LastViewedDate or LastReferencedDate is asked for. */
  readonly viewed: ReadonlySet<Source>;
  readonly members: readonly Member[];
  readonly scope: ScopeName;
  readonly where: CheckedCondition | undefined;
  readonly group:
    | { readonly mode: 'plain' | 'ROLLUP' | 'CUBE'; readonly by: readonly (ColumnValue | DateFunction)[] }
    | undefined;
  readonly having: CheckedCondition | undefined;
  readonly order: readonly CheckedOrder[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  /** FOR VIEW and FOR REFERENCE mark the rows found as seen. */
  readonly marks: 'view' | 'reference' | undefined;
  /** Whether '' is a value of its own rather than null. */
  readonly honorEmptyStrings: boolean;
}
