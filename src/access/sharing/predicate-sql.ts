/**
 * Row predicates as SQL. A caller's owners and principals are arrays sent as parameters; text never depends on them.
 *
 * Four forms. Branches are two conditions no row meets both of: one by owner, one by manual share; each can use an
 * index of its own, so who sees nothing pays nothing, and an ordered page merges two short lists (measured in
 * bench/sharing: one OR'ed condition scans the table). A probe is one condition, for rows already found by their ids;
 * for a single one there is a form without arrays.
 * Who reaches most rows gets one condition too, without arrays: with a thousand owners the planner took ten times as
 * long to look into them as the page took to be read.
 */
import { columnOf, tableOf } from '../../store/columns.js';
import { quoteIdentifier as q, quoteLiteral } from '../../store/sql.js';
import type { Caller } from '../caller.js';
import type { SharedRows } from '../sharing.js';
import { LEVEL_NUMBERS, type RowLevel } from './levels.js';

/** What the caller brings along. */
export type SharingParameter =
  /** Arrays of ids; a statement is planned for what they hold. */
  | { readonly what: 'owners'; readonly object: string; readonly level: RowLevel }
  | { readonly what: 'principals' }
  /** The caller's id, and how many owners are known to be open; a statement is planned alike whatever they are. */
  | { readonly what: 'user' }
  | { readonly what: 'covered'; readonly object: string };

/** Whether a statement is planned alike whatever the parameter's value is, so that it may be prepared. */
export const isOpaque = ({ what }: SharingParameter): boolean => what === 'user' || what === 'covered';

/** Gives the placeholder of a parameter; asked for the same one again it should give the same. */
export type BindSharing = (parameter: SharingParameter) => string;

/** What to send for a parameter: an array of ids as PostgreSQL reads one, an id or a number. */
export function sharingValue({ access, userId }: Caller, parameter: SharingParameter): string {
  if (parameter.what === 'user') return userId;
  if (parameter.what === 'covered') return String(access.sharing?.covered(parameter.object) ?? -1);
  if (parameter.what === 'principals') {
    return access.groupIds.length === 0 ? `{${userId}}` : arrayText(access.groupIds);
  }
  const owners = access.sharing?.owners(parameter.object, parameter.level);
  return owners === undefined ? `{${userId}}` : arrayText(owners);
}

const ARRAY_TEXTS = new WeakMap<readonly string[], string>();

/** Written once a snapshot, because thousands of ids would be written again for every query. Ids need no quotes. */
function arrayText(ids: readonly string[]): string {
  let text = ARRAY_TEXTS.get(ids);
  if (text === undefined) {
    text = `{${ids.join(',')}}`;
    ARRAY_TEXTS.set(ids, text);
  }
  return text;
}

/** A name for a parameter, equal for equal ones. */
export function sharingKey(parameter: SharingParameter): string {
  switch (parameter.what) {
    case 'owners':
      return `owners ${parameter.object} ${parameter.level}`;
    case 'covered':
      return `covered ${parameter.object}`;
    default:
      return parameter.what;
  }
}

export interface Branches {
  readonly owner: string;
  /** Undefined where no manual share can give this level. */
  readonly manual: string | undefined;
}

/** The branches for rows called `alias`; `alias` is an SQL name, already quoted if it needs to be. */
export function branchesOf(rows: SharedRows, alias: string, bind: BindSharing): Branches {
  if (rows.isWide) return { owner: wideSql(rows, alias, bind), manual: undefined };
  const owner = byOwner(rows, alias, bind);
  if (!hasManual(rows)) return { owner, manual: undefined };
  const row = rows.via === undefined ? `${alias}."id"` : `${alias}.${q(columnOf(rows.via))}`;
  const shared = `${row} = ANY(ARRAY(SELECT "given"."parent_id" FROM ${givenShares(rows, bind)}))`;
  const others =
    rows.via === undefined
      ? `${alias}."owner_id" <> ALL(${owners(rows, bind)})`
      : `NOT ${byOwner(rows, alias, bind)}`;
  return { owner, manual: `${shared} AND ${others}` };
}

/** One condition for rows called `alias` that were found by their ids. */
export function probeSql(rows: SharedRows, alias: string, bind: BindSharing): string {
  const owner = byOwner(rows, alias, bind);
  if (!hasManual(rows)) return owner;
  const row = rows.via === undefined ? `${alias}."id"` : `${alias}.${q(columnOf(rows.via))}`;
  return `(${owner} OR EXISTS (SELECT 1 FROM ${givenShares(rows, bind)} AND "given"."parent_id" = ${row}))`;
}

/**
 * One condition for a row called `alias` found by its id, asked of the expansion itself: two look-ups, where the arrays
 * would be sent and searched whole for the sake of one row. `user` is the placeholder of the caller's id.
 */
export function pointSql(rows: SharedRows, alias: string, user: string): string {
  const { owner, share, via, level } = rows;
  const row = via === undefined ? `${alias}."id"` : `${alias}.${q(columnOf(via))}`;
  const owned = (of: string) =>
    `(${of}."owner_id" = ${user} OR EXISTS (SELECT 1 FROM owner_access AS "reached" WHERE "reached"."user_id" = ${user} AND "reached"."object" IN ('', ${quoteLiteral(owner.name)}) AND "reached"."owner_id" = ${of}."owner_id" AND "reached"."level" >= ${LEVEL_NUMBERS[level]}))`;
  const byOwner =
    via === undefined
      ? owned(alias)
      : `EXISTS (SELECT 1 FROM ${q(tableOf(owner))} AS "owned" WHERE "owned"."id" = ${row} AND ${owned('"owned"')})`;
  if (share === undefined || level === 'all') return byOwner;
  const edits = level === 'edit' ? ` AND "given"."access_level" = 'Edit'` : '';
  const reaches = `("given"."user_or_group_id" = ${user} OR EXISTS (SELECT 1 FROM principal_access AS "member" WHERE "member"."user_id" = ${user} AND "member"."principal_id" = "given"."user_or_group_id"))`;
  return `(${byOwner} OR EXISTS (SELECT 1 FROM ${q(tableOf(share))} AS "given" WHERE "given"."parent_id" = ${row}${edits} AND ${reaches} AND ${OPEN_SHARE}))`;
}

/**
 * One condition for rows called `alias`, most of which are expected to meet it, asked of the expansion itself. Where the
 * caller reaches everybody who owns a row, no row is asked: `row_owner` is kept by triggers in the transaction that
 * writes the row, so the statement sees an owner it must not open as soon as it sees the row. Nobody is ever taken out of
 * it: as many owners as were once found to be open are still the same ones, and counting them is cheaper than asking.
 */
function wideSql(rows: SharedRows, alias: string, bind: BindSharing): string {
  const { owner, share, via, level } = rows;
  const object = quoteLiteral(owner.name);
  const user = bind({ what: 'user' });
  const reached = `(SELECT "reached"."owner_id" FROM owner_access AS "reached" WHERE "reached"."user_id" = ${user} AND "reached"."object" IN ('', ${object}) AND "reached"."level" >= ${LEVEL_NUMBERS[level]})`;
  const openTo = (of: string) => `(${of}."owner_id" = ${user} OR ${of}."owner_id" IN ${reached})`;
  const counted = `(SELECT count(*) FROM row_owner AS "every" WHERE "every"."object" = ${object}) = ${bind({ what: 'covered', object: owner.name })}`;
  const everyOwner = `(SELECT NOT EXISTS (SELECT 1 FROM row_owner AS "every" WHERE "every"."object" = ${object} AND ${openTo('"every"')} IS NOT TRUE))`;
  const row = via === undefined ? `${alias}."id"` : `${alias}.${q(columnOf(via))}`;
  const owned =
    via === undefined
      ? openTo(alias)
      : `EXISTS (SELECT 1 FROM ${q(tableOf(owner))} AS "owned" WHERE "owned"."id" = ${row} AND ${openTo('"owned"')})`;
  const open = `${counted} OR ${everyOwner} OR ${owned}`;
  if (share === undefined) return `(${open})`;
  const principals = `(SELECT "member"."principal_id" FROM principal_access AS "member" WHERE "member"."user_id" = ${user})`;
  const given = `EXISTS (SELECT 1 FROM ${q(tableOf(share))} AS "given" WHERE "given"."parent_id" = ${row} AND ("given"."user_or_group_id" = ${user} OR "given"."user_or_group_id" IN ${principals}) AND ${OPEN_SHARE})`;
  return `(${open} OR ${given})`;
}

const hasManual = ({ share, level }: SharedRows): boolean => share !== undefined && level !== 'all';

const owners = ({ owner, level }: SharedRows, bind: BindSharing): string =>
  `${bind({ what: 'owners', object: owner.name, level })}::text[]`;

function byOwner(rows: SharedRows, alias: string, bind: BindSharing): string {
  if (rows.via === undefined) return `${alias}."owner_id" = ANY(${owners(rows, bind)})`;
  return `EXISTS (SELECT 1 FROM ${q(tableOf(rows.owner))} AS "owned" WHERE "owned"."id" = ${alias}.${q(columnOf(rows.via))} AND "owned"."owner_id" = ANY(${owners(rows, bind)}))`;
}

/** A share that went to the Recycle Bin with its row still opens it there. */
const OPEN_SHARE = `("given"."is_deleted" = false OR "given"."deleted_with" = "given"."parent_id")`;

/** Manual shares that reach the caller. */
function givenShares({ share, level }: SharedRows, bind: BindSharing): string {
  if (share === undefined) throw new Error('rows without a Share object have no manual branch');
  const edits = level === 'edit' ? ` AND "given"."access_level" = 'Edit'` : '';
  return `${q(tableOf(share))} AS "given" WHERE "given"."user_or_group_id" = ANY(${bind({ what: 'principals' })}::text[])${edits} AND ${OPEN_SHARE}`;
}
