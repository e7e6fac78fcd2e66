/**
 * Builds one SQL statement. Text comes from this folder's own code and from identifiers of object descriptions;
 * values can only be added as parameters, so a statement cannot carry one.
 */
import type { Parameter } from './parameters.js';

export interface Statement {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

export interface SqlWriter {
  readonly parameters: Parameter[];
  /** Numbers of the parameters every use shares: the caller, the fiscal year, picklist orders. */
  readonly shared: Map<string, number>;
  /** Aliases given so far, so that sub-queries get their own. */
  aliases: number;
}

export const openWriter = (): SqlWriter => ({ parameters: [], shared: new Map(), aliases: 0 });

/** The placeholder of a new parameter. */
export function parameter(writer: SqlWriter, value: Parameter): string {
  return `$${writer.parameters.push(value)}`;
}

/** The placeholder of a parameter that is the same wherever it stands; GROUP BY needs equal texts for equal values. */
export function sharedParameter(writer: SqlWriter, key: string, value: Parameter): string {
  let number = writer.shared.get(key);
  if (number === undefined) {
    number = writer.parameters.push(value);
    writer.shared.set(key, number);
  }
  return `$${number}`;
}
