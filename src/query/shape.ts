/**
 * How the columns of a row become a record, in any protocol: what a renderer is compiled from. Data only.
 * Invariant: `column` counts the columns of the statement from 0; the wire sends them in that order.
 */
import type { PicklistValue } from '../objects/language.js';

/** How a column's text is written. */
export type ValueForm =
  | 'id' // letters and digits only
  | 'text'
  | 'any' // text that says its type where the protocol has types
  | 'integer'
  | 'double' // always with a decimal point or exponent
  | 'boolean'
  | 'datetime'
  | 'date'
  | 'time'
  | 'json'
  | 'format-number' // FORMAT(): for people, in the caller's locale and time zone
  | 'format-datetime'
  | 'format-date'
  | 'label'; // toLabel()

export interface ValueShape {
  readonly kind: 'value';
  readonly key: string;
  readonly column: number;
  readonly form: ValueForm;
  readonly labels?: readonly PicklistValue[];
}

export interface ParentShape {
  readonly kind: 'parent';
  readonly key: string;
  /** Null in this column means there is no such parent. */
  readonly presence: number;
  readonly record: RecordShape;
}

export interface ChildrenShape {
  readonly kind: 'children';
  readonly key: string;
  /** Holds a JSON array of rows, each an array of texts and nulls; null when there are none. */
  readonly column: number;
  readonly record: RecordShape;
  /** Columns of a child's row. */
  readonly columnCount: number;
}

/** TYPEOF: one record shape a type; a type without one gives null. */
export interface TypedShape {
  readonly kind: 'typed';
  readonly key: string;
  /** Holds the kind of the principal: User, Group or Queue. */
  readonly kindColumn: number;
  readonly branches: readonly { readonly type: string; readonly record: RecordShape }[];
  readonly otherwise: RecordShape | undefined;
}

export type MemberShape = ValueShape | ParentShape | ChildrenShape | TypedShape;

export interface RecordShape {
  /** What attributes.type says. */
  readonly type: string;
  /** Which record it is; undefined for aggregates. */
  readonly id: number | undefined;
  /** Where the URL's object stands in a column (the Name object), that column. */
  readonly kindColumn: number | undefined;
  readonly members: readonly MemberShape[];
}

/** A Name row's URL names the object its kind belongs to. */
export const objectOfKind = (kind: string): string => (kind === 'User' ? 'User' : 'Group');
