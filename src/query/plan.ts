/**
 * Plans: everything about a statement that does not depend on its values, kept for the next text of the same shape.
 * The key is the text with literals taken out, the API version, the version of the descriptions, and what the caller may
 * see; never the user (DECISIONS 8). A plan compiles its further statements when they are first wanted.
 */
import { createHash } from 'node:crypto';
import type { Caller } from '../access/caller.js';
import { isOpaque } from '../access/sharing/predicate-sql.js';
import { descriptionsVersion } from '../objects/registry.js';
import type { CheckedQuery } from './checked.js';
import { check } from './checker.js';
import {
  type Compiled,
  compile,
  compileById,
  compileByIds,
  compileCount,
  compileIds,
  compileKeysetPage,
} from './compiler.js';
import { lexStatement, parseLexed } from './parser.js';
import { compileJson } from './render/json.js';
import type { JsonRenderer } from './render/json-steps.js';
import type { Statement } from './sql-writer.js';
import type { Lexed } from './tokens.js';

/** A statement and the name it is prepared under. */
export interface PreparedStatement extends Statement {
  /** Undefined until a statement has proved that it comes back: each prepared one takes memory of every connection. */
  readonly name: string | undefined;
}

export type StatementKind = 'first' | 'count' | 'ids' | 'by-id' | 'by-ids' | 'keyset' | 'keyset-bounded';

export interface Plan {
  readonly query: CheckedQuery;
  readonly compiled: Compiled;
  /** Columns of a row of any of its statements that read rows. */
  readonly columnCount: number;
  readonly statement: (kind: StatementKind) => PreparedStatement;
  readonly json: (base: string) => JsonRenderer;
  /** Renders rows whose moments came in binary form, as `formats` asks for them. */
  readonly jsonOfMoments: (base: string) => JsonRenderer;
  /** Format codes of the columns, or undefined where all are text. */
  readonly formats: readonly number[] | undefined;
}

/** A plan, and the text it is to be run for. */
export interface Planned {
  readonly plan: Plan;
  readonly lexed: Lexed;
}

const PLANS_MAX = 1_000;
/** Characters of all keys together: a plan is as large as its statement, and one statement may have 100,000. */
const PLAN_KEYS_MAX_CHARS = 4_000_000;
const plans = new Map<string, Plan>();
let planKeysChars = 0;

/** The plan of a SOQL statement for a caller. Throws what the parser and the checker refuse. */
export function planOf(soql: string, caller: Caller, all: boolean): Planned {
  const lexed = lexStatement(soql);
  const key = `${caller.apiVersion}${all ? '+' : ' '}${descriptionsVersion()} ${caller.access.shape}\n${lexed.shape}`;
  const known = plans.get(key);
  if (known !== undefined) {
    // Kept in the order of use: the plan longest unused goes first.
    plans.delete(key);
    plans.set(key, known);
    return { plan: known, lexed };
  }
  const plan = makePlan(lexed, caller, all);
  plans.set(key, plan);
  planKeysChars += key.length;
  while (plans.size > PLANS_MAX || planKeysChars > PLAN_KEYS_MAX_CHARS) {
    const oldest = plans.keys().next().value as string;
    plans.delete(oldest);
    planKeysChars -= oldest.length;
  }
  return { plan, lexed };
}

/** Parses, checks and compiles without looking at the cache. */
export function makePlan(lexed: Lexed, caller: Caller, all: boolean): Plan {
  const query = check(lexed, caller, parseLexed(lexed).query);
  return planOfChecked(query, caller, all);
}

export function planOfChecked(query: CheckedQuery, caller: Caller, all: boolean): Plan {
  const context = { caller, all };
  const compiled = compile(query, context);
  const statements = new Map<StatementKind, PreparedStatement>();
  const renderers = new Map<string, JsonRenderer>();
  const momentRenderers = new Map<string, JsonRenderer>();
  const compileKind = (kind: StatementKind): Statement => {
    switch (kind) {
      case 'first':
        return compiled.first;
      case 'count':
        return compileCount(query, context);
      case 'ids':
        return compileIds(query, context);
      case 'by-id':
        return compileById(query, context);
      case 'by-ids':
        return compileByIds(query, context);
      case 'keyset':
        return compileKeysetPage(query, context, false);
      case 'keyset-bounded':
        return compileKeysetPage(query, context, true);
    }
  };
  return {
    query,
    compiled,
    columnCount: compiled.columnCount,
    statement(kind) {
      const known = statements.get(kind);
      if (known !== undefined) {
        if (known.name !== undefined || !mayBePrepared(kind, known)) return known;
        const prepared = { ...known, name: nameOfStatement(known.text) };
        statements.set(kind, prepared);
        return prepared;
      }
      const { text, parameters } = compileKind(kind);
      const statement = { text, parameters, name: undefined };
      statements.set(kind, statement);
      return statement;
    },
    json(base) {
      let renderer = renderers.get(base);
      if (renderer === undefined) {
        renderer = compileJson(compiled.record, compiled.columnCount, base);
        renderers.set(base, renderer);
      }
      return renderer;
    },
    jsonOfMoments(base) {
      let renderer = momentRenderers.get(base);
      if (renderer === undefined) {
        renderer = compileJson(compiled.record, compiled.columnCount, base, compiled.moments);
        momentRenderers.set(base, renderer);
      }
      return renderer;
    },
    formats:
      compiled.moments.size === 0
        ? undefined
        : Array.from({ length: compiled.columnCount }, (_, column) => (compiled.moments.has(column) ? 1 : 0)),
  };
}

/**
 * A prepared statement comes to be planned without its values. Where they say whose rows are wanted PostgreSQL must see
 * them: one caller's rows are a handful, another's the whole table. A single row needs no such care, nor does a
 * statement for callers who reach most rows.
 */
function mayBePrepared(kind: StatementKind, { parameters }: Statement): boolean {
  return kind === 'by-id' || parameters.every((one) => one.kind !== 'sharing' || isOpaque(one.of));
}

/** Names a connection may come to hold; statements beyond them are parsed each time. */
const NAMES_MAX = 1_000;
const names = new Set<string>();

/** Equal texts get one name, so a connection prepares each statement once, whichever plans share it. */
function nameOfStatement(text: string): string | undefined {
  const name = `q${createHash('sha1').update(text).digest('base64url').slice(0, 22)}`;
  if (!names.has(name) && names.size >= NAMES_MAX) return undefined;
  names.add(name);
  return name;
}
