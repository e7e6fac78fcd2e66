/**
 * What a statement says, before anyone asks whether it makes sense: one plain frozen record a construct.
 * Invariant: `at` is the index of the construct's first token (tokens.ts); names are as written.
 * Grammar: salesforce-data-api.md §15.1.
 */

// ---- the statement -------------------------------------------------------------------------------------

export interface Query {
  readonly kind: 'query';
  readonly at: number;
  readonly select: readonly SelectItem[];
  readonly from: From;
  /** `FROM X a, a.Agent b`: further names for parent paths. */
  readonly joins: readonly From[];
  readonly scope: Scope | undefined;
  readonly where: Condition | undefined;
  readonly with: With | undefined;
  readonly group: Group | undefined;
  readonly having: Condition | undefined;
  readonly order: readonly Order[];
  readonly limit: Count | undefined;
  readonly offset: Count | undefined;
  readonly options: readonly Option[];
}

export interface From {
  readonly kind: 'from';
  readonly at: number;
  /** The object, or a relationship path such as a.Agent. */
  readonly path: string;
  readonly alias: string | undefined;
}

export interface Scope {
  readonly kind: 'scope';
  readonly at: number;
  readonly name: string;
}

/** WITH SECURITY_ENFORCED, WITH DATA CATEGORY …: kept as written, the checker refuses what does not apply. */
export interface With {
  readonly kind: 'with';
  readonly at: number;
  readonly what: string;
  readonly text: string;
}

export interface Group {
  readonly kind: 'group';
  readonly at: number;
  readonly mode: 'plain' | 'ROLLUP' | 'CUBE';
  readonly by: readonly Expression[];
}

export interface Order {
  readonly kind: 'order';
  readonly at: number;
  readonly by: Expression;
  readonly descending: boolean;
  readonly nulls: 'FIRST' | 'LAST' | undefined;
}

/** LIMIT and OFFSET. */
export interface Count {
  readonly kind: 'count';
  readonly at: number;
  readonly value: number;
}

export type OptionName =
  | 'FOR VIEW'
  | 'FOR REFERENCE'
  | 'FOR UPDATE'
  | 'UPDATE TRACKING'
  | 'UPDATE VIEWSTAT'
  | 'ALL ROWS'
  | 'SET OPTIONS';

export interface Option {
  readonly kind: 'option';
  readonly at: number;
  readonly name: OptionName;
  /** SET OPTIONS (honorEmptyStrings = …). */
  readonly honorEmptyStrings: boolean | undefined;
}

// ---- what is selected ----------------------------------------------------------------------------------

export type SelectItem = Selected | SubQuery | TypeOf | FieldSet;

export interface Selected {
  readonly kind: 'selected';
  readonly at: number;
  readonly expression: Expression;
  readonly alias: string | undefined;
}

export interface SubQuery {
  readonly kind: 'sub-query';
  readonly at: number;
  readonly query: Query;
}

export interface TypeOf {
  readonly kind: 'typeof';
  readonly at: number;
  readonly path: Path;
  readonly when: readonly { readonly at: number; readonly type: string; readonly fields: readonly Path[] }[];
  readonly otherwise: readonly Path[] | undefined;
}

export interface FieldSet {
  readonly kind: 'fields';
  readonly at: number;
  readonly which: 'ALL' | 'STANDARD' | 'CUSTOM';
}

// ---- expressions ---------------------------------------------------------------------------------------

export type Expression = Path | Call;

export interface Path {
  readonly kind: 'path';
  readonly at: number;
  /** Dotted, as written. */
  readonly text: string;
}

export interface Call {
  readonly kind: 'call';
  readonly at: number;
  /** As written. */
  readonly name: string;
  readonly argument: Expression | undefined;
}

// ---- conditions ----------------------------------------------------------------------------------------

export type Condition = All | Any | Not | Comparison | Membership | Inclusion | SemiJoin;

export interface All {
  readonly kind: 'and';
  readonly at: number;
  readonly operands: readonly Condition[];
}

export interface Any {
  readonly kind: 'or';
  readonly at: number;
  readonly operands: readonly Condition[];
}

export interface Not {
  readonly kind: 'not';
  readonly at: number;
  readonly operand: Condition;
}

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE';

export interface Comparison {
  readonly kind: 'comparison';
  readonly at: number;
  readonly left: Expression;
  readonly operator: Operator;
  readonly value: Literal;
}

export interface Membership {
  readonly kind: 'in';
  readonly at: number;
  readonly left: Expression;
  readonly negated: boolean;
  readonly values: readonly Literal[];
}

export interface Inclusion {
  readonly kind: 'includes';
  readonly at: number;
  readonly left: Expression;
  readonly negated: boolean;
  readonly values: readonly Literal[];
}

export interface SemiJoin {
  readonly kind: 'semi-join';
  readonly at: number;
  readonly left: Expression;
  readonly negated: boolean;
  readonly query: Query;
}

// ---- literals ------------------------------------------------------------------------------------------

export type LiteralKind = 'string' | 'number' | 'date' | 'datetime' | 'boolean' | 'null' | 'range';

export interface Literal {
  readonly kind: 'literal';
  readonly type: LiteralKind;
  /** The token that holds the value; of a range (TODAY, LAST_N_DAYS:7) that of its name. */
  readonly at: number;
  /** Upper case for words, as written for everything else. */
  readonly text: string;
  /** The token of n in LAST_N_DAYS:n. */
  readonly countAt: number | undefined;
}
