/**
 * Share rows as they are read: the manual ones, which are stored, and one a user-owned row, which follows from its
 * OwnerId and is not (DECISIONS 8). The id of a derived row is made of the row's own: `02c` and its last twelve, with
 * `2` in place of `0` after the instance mark for transcripts, so that an id names one row of one object.
 */
import type { SObjectDescription } from '../objects/language.js';
import { findObject } from '../objects/registry.js';
import { columnOf, tableOf } from './columns.js';
import { checksum, id15 } from './ids.js';
import { quoteIdentifier as q, quoteLiteral } from './sql.js';

/** Where the class of an id stands: after the prefix and the two characters of the instance mark. */
const CLASS_AT = 5;

/** The class derived shares of a parent have: that of the parent's own ids, or one of their own. */
const DERIVED_CLASS: Readonly<Record<string, string>> = { LiveChatTranscript: '2' };

/** Rows owned by a queue have no derived share. */
export function ownedByUserSql(alias?: string): string {
  const owner = alias === undefined ? '"owner_id"' : `${alias}."owner_id"`;
  return `${owner} >= '005' AND ${owner} < '006'`;
}

/** The id of the share its owner has of a row, of 18 characters. */
export function derivedShareId(share: SObjectDescription, parentId: string): string {
  const mark = DERIVED_CLASS[share.associate?.parent ?? ''] ?? parentId.charAt(CLASS_AT);
  const fifteen = `${share.idPrefix}${parentId.slice(3, CLASS_AT)}${mark}${id15(parentId).slice(CLASS_AT + 1)}`;
  return fifteen + checksum(fifteen);
}

/** Whether an id is that of a derived share: nothing stored has it, and nobody can write it. */
export function isDerivedShareId(share: SObjectDescription, id: string): boolean {
  return id.charAt(CLASS_AT) === (DERIVED_CLASS[share.associate?.parent ?? ''] ?? '0');
}

/**
 * `derivedShareId` of the row called `alias`, in SQL that an index can hold. Only the first character of the checksum
 * differs from the row's: it stands for the prefix and the mark, and the prefix `02c` has no upper-case letter.
 */
export function derivedShareIdSql(parent: SObjectDescription, prefix: string, alias?: string): string {
  const id = alias === undefined ? '"id"' : `${alias}."id"`;
  const mark = DERIVED_CLASS[parent.name];
  const twelve =
    mark === undefined ? `substr(${id}, 4, 12)` : `substr(${id}, 4, 2) || '${mark}' || substr(${id}, 7, 9)`;
  const upper = (at: number) => `(substr(${id}, ${at}, 1) BETWEEN 'A' AND 'Z')::int`;
  return `(${quoteLiteral(prefix)} || ${twelve} || substr('AIQY', 1 + ${upper(4)} + 2 * ${upper(5)}, 1) || substr(${id}, 17, 2))`;
}

/** The parent of a Share object; undefined for other objects. */
export function parentOfShares(object: SObjectDescription): SObjectDescription | undefined {
  return object.associate?.type === 'Share' ? findObject(object.associate.parent) : undefined;
}

/** What is read in place of a Share object's table: a sub-select in parentheses with all columns of its fields. */
export function sharesRelationSql(share: SObjectDescription, parent: SObjectDescription): string {
  const derived: Readonly<Record<string, string>> = {
    Id: derivedShareIdSql(parent, share.idPrefix, '"row"'),
    ParentId: '"row"."id"',
    UserOrGroupId: '"row"."owner_id"',
    AccessLevel: `'All'`,
    RowCause: `'Owner'`,
    LastModifiedDate: '"row"."last_modified_date"',
    LastModifiedById: '"row"."last_modified_by_id"',
    IsDeleted: '"row"."is_deleted"',
  };
  const stored = share.fields.map((field) => q(columnOf(field))).join(', ');
  const made = share.fields.map((field) => {
    const sql = derived[field.name];
    if (sql === undefined) throw new Error(`a derived share has no ${field.name}`);
    return `${sql} AS ${q(columnOf(field))}`;
  });
  return `(SELECT ${stored} FROM ${q(tableOf(share))} UNION ALL SELECT ${made.join(', ')} FROM ${q(tableOf(parent))} AS "row" WHERE ${ownedByUserSql('"row"')})`;
}
