/**
 * Which indexes an object's table has. Each costs every insert, so: what parents look their children up by, what
 * replication and the usual reports ask for, and names. Anything else is scanned.
 */
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { findObject } from '../objects/registry.js';
import { columnOf, hasColumn, keyColumnOf, tableOf } from './columns.js';
import { derivedShareIdSql, ownedByUserSql } from './derived-shares.js';
import { quoteIdentifier as q } from './sql.js';

export interface IndexPlan {
  readonly name: string;
  /** What follows the table's name in CREATE INDEX. */
  readonly on: string;
  readonly unique: boolean;
}

const AUDIT_REFERENCES = new Set(['CreatedById', 'LastModifiedById']);

/** By object: further columns, where a report or the floor asks for them. */
const REPORTED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  LiveAgentSession: [['AgentId', 'LoginTime'], ['LoginTime'], ['LogoutTime']],
};

/** Names are stable, so an index is made once. */
export function indexesOf(object: SObjectDescription): IndexPlan[] {
  const byName = new Map(object.fields.map((field) => [field.name, field]));
  const plans: (readonly string[])[] = [];

  const reported = REPORTED[object.name] ?? [];
  for (const fields of reported) {
    plans.push(fields.map((name) => columnOf(required(byName, name))));
  }
  const led = new Set(reported.map(([first]) => first));
  for (const field of object.fields) {
    if (!hasColumn(field) || led.has(field.name)) continue;
    if (field.type === 'reference' && !AUDIT_REFERENCES.has(field.name)) plans.push([columnOf(field)]);
    if (
      field.name === 'SystemModstamp' ||
      (field.name === 'LastModifiedDate' && !byName.has('SystemModstamp'))
    ) {
      plans.push([columnOf(field), 'id']);
    }
    if (field.properties.includes('idLookup') && field.type !== 'id')
      plans.push([keyColumnOf(field) ?? columnOf(field)]);
  }
  // by the principal first, and with the parent: a caller's shares come from the index alone
  if (object.associate?.type === 'Share') plans.push(['user_or_group_id', 'parent_id']);
  const distinct = new Map(plans.map((columns) => [columns.join(','), columns]));
  for (const columns of uniqueColumnsOf(object)) distinct.delete(columns.join(','));
  return [
    ...[...distinct.values()].map((columns) => ({
      name: indexName(object, columns),
      on: list(columns),
      unique: false,
    })),
    ...uniqueColumnsOf(object).map((columns) => ({
      name: uniqueIndexName(object, columns),
      on: `${list(columns)} WHERE NOT ${q('is_deleted')}`,
      unique: true,
    })),
    ...sharingIndexes(object),
    {
      name: indexName(object, ['deleted_at']),
      on: `${list(['deleted_at'])} WHERE ${q('is_deleted')}`,
      unique: false,
    },
  ];
}

/** One manual share a row and principal; and the ids of the shares that owners have, which are not stored. */
function sharingIndexes(object: SObjectDescription): IndexPlan[] {
  if (object.associate?.type === 'Share') {
    return [
      {
        name: indexName(object, ['given', 'unique']),
        on: `${list(['parent_id', 'user_or_group_id'])} WHERE NOT ${q('is_deleted')}`,
        unique: true,
      },
    ];
  }
  const share = findObject(`${object.name}Share`);
  if (share === undefined) return [];
  return [
    {
      name: indexName(object, ['share_id']),
      on: `(${derivedShareIdSql(object, share.idPrefix)}) WHERE ${ownedByUserSql()}`,
      unique: false,
    },
  ];
}

function list(columns: readonly string[]): string {
  return `(${columns.map(q).join(', ')})`;
}

/** The columns of each `uniqueTogether`: text counts by its key, so case does not make a value another one. */
export function uniqueColumnsOf(object: SObjectDescription): string[][] {
  const byName = new Map(object.fields.map((field) => [field.name, field]));
  return (object.uniqueTogether ?? []).map((names) =>
    names.map((name) => {
      const field = required(byName, name);
      return keyColumnOf(field) ?? columnOf(field);
    }),
  );
}

/** The index that keeps these columns unique; PostgreSQL names it when two writers raced for one value. */
export function uniqueIndexName(object: SObjectDescription, columns: readonly string[]): string {
  return indexName(object, [...columns, 'unique']);
}

function required(fields: ReadonlyMap<string, FieldDescription>, name: string): FieldDescription {
  const field = fields.get(name);
  if (field === undefined) throw new Error(`no field ${name} to index`);
  return field;
}

/** `so_live_agent_session__agent_id__login_time`, cut to what PostgreSQL takes. */
function indexName(object: SObjectDescription, columns: readonly string[]): string {
  const name = [tableOf(object), ...columns].join('__');
  if (name.length <= 63) return name;
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `${name.slice(0, 54)}_${hash.toString(36)}`;
}
