/**
 * Rows a caller may read -> SQL, in three forms (DECISIONS 8). A probe asks about rows that are found by their ids
 * anyway. A scan puts two disjoint branches, by owner and by manual share, in place of the table: aggregates, and
 * whatever reads all rows. Limited pages have the branches around the whole SELECT, each with its own ORDER BY and
 * LIMIT, so that each walks an index and stops.
 */

import type { Caller } from '../access/caller.js';
import {
  type BindSharing,
  branchesOf,
  pointSql,
  probeSql,
  type SharingParameter,
} from '../access/sharing/predicate-sql.js';
import { predicateFor, type SharedRows } from '../access/sharing.js';
import type { SObjectDescription } from '../objects/language.js';
import { columnOf, hasColumn, keyColumnOf, tableOf } from '../store/columns.js';
import { parentOfShares, sharesRelationSql } from '../store/derived-shares.js';
import { quoteIdentifier } from '../store/sql.js';
import { parameter, type SqlWriter, sharedParameter } from './sql-writer.js';

const RELATIONS = new WeakMap<SObjectDescription, string>();

/** What the rows of an object are read from: its table, or for shares the stored and the derived ones. */
export function relationSql(object: SObjectDescription): string {
  let relation = RELATIONS.get(object);
  if (relation === undefined) {
    const parent = parentOfShares(object);
    relation = parent === undefined ? quoteIdentifier(tableOf(object)) : sharesRelationSql(object, parent);
    RELATIONS.set(object, relation);
  }
  return relation;
}

/** The limits on the rows of an object for this caller; undefined when every row is open. */
export function limitsOf(caller: Caller, object: SObjectDescription): SharedRows | undefined {
  const predicate = predicateFor(caller, object, 'read');
  return predicate.kind === 'all' ? undefined : predicate;
}

/** One placeholder for each value: statements have few parameters, and comparing them is cheaper than naming them. */
const bindTo =
  (writer: SqlWriter): BindSharing =>
  (of) => {
    const known = writer.parameters.findIndex((one) => one.kind === 'sharing' && isSameParameter(one.of, of));
    return known === -1 ? parameter(writer, { kind: 'sharing', of }) : `$${known + 1}`;
  };

function isSameParameter(one: SharingParameter, other: SharingParameter): boolean {
  if (one.what === 'owners' && other.what === 'owners')
    return one.object === other.object && one.level === other.level;
  if (one.what === 'covered' && other.what === 'covered') return one.object === other.object;
  return one.what === other.what;
}

/** One condition for rows called `alias`. */
export function probe(writer: SqlWriter, limits: SharedRows, alias: string): string {
  return probeSql(limits, alias, bindTo(writer));
}

/** One condition for the one row called `alias`. */
export function pointProbe(writer: SqlWriter, limits: SharedRows, alias: string): string {
  return pointSql(
    limits,
    alias,
    sharedParameter(writer, 'caller userId', { kind: 'caller', what: 'userId' }),
  );
}

/** The caller and everybody below in the roles, as an array: those whose rows are the caller's as if owned. */
export const teamOwners = (writer: SqlWriter, object: SObjectDescription): string =>
  `${bindTo(writer)({ what: 'owners', object: object.name, level: 'all' })}::text[]`;

/** Conditions for rows called `alias` of which at most one holds. */
export function branches(writer: SqlWriter, limits: SharedRows, alias: string): readonly string[] {
  const { owner, manual } = branchesOf(limits, alias, bindTo(writer));
  return manual === undefined ? [owner] : [owner, manual];
}

/** The open rows of an object in place of its relation, in parentheses. */
export function scanSql(writer: SqlWriter, limits: SharedRows, object: SObjectDescription): string {
  const alias = '"row"';
  const list = columnsOf(object)
    .map((column) => `${alias}.${column}`)
    .join(', ');
  const parts = branches(writer, limits, alias).map(
    (branch) => `SELECT ${list} FROM ${relationSql(object)} AS ${alias} WHERE ${branch}`,
  );
  return `(${parts.join('\nUNION ALL ')})`;
}

/** Quoted names of the columns a query can ask for. */
function columnsOf(object: SObjectDescription): string[] {
  const names = new Set(['id', 'is_deleted']);
  for (const field of object.fields.filter(hasColumn)) {
    names.add(columnOf(field));
    const key = keyColumnOf(field);
    if (key !== undefined) names.add(key);
  }
  return [...names].map(quoteIdentifier);
}
