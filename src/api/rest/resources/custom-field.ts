/**
 * …/tooling/sobjects/CustomField: an administrator's fields, as the vendor's tooling API has them. A field is sent and
 * answered as FullName and Metadata.
 */

import { isoOf } from '../../../clock.js';
import { ApiError } from '../../../errors.js';
import { metadataOf } from '../../../records/custom-field-metadata.js';
import {
  type CustomFieldRow,
  createCustomField,
  deleteCustomField,
  listCustomFields,
  readCustomField,
  updateCustomField,
} from '../../../records/custom-fields.js';
import type { Database } from '../../../store/database.js';
import { emptyAnswer, jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { objectAt } from '../record-body.js';
import { idOfPath } from '../row-target.js';

/** 201 with the id of the new field. */
export async function createField(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { FullName: fullName, Metadata: metadata, ...others } = objectAt(request.json(), []);
  refuseOthers(others);
  const id = await createCustomField(databaseOf(context), context.caller, { fullName, metadata });
  const answer = { id, success: true, errors: [], warnings: [], infos: [] };
  return jsonAnswer(answer, 201, { location: urlOf(context, id) });
}

export async function getField(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const row = await readCustomField(context.db, context.caller, idOfPath(request));
  return jsonAnswer(fieldOf(context, row));
}

/** The object in short, with every field where other objects show the caller's recent rows. */
export async function getFields(context: RestContext): Promise<RestAnswer> {
  const rows = await listCustomFields(context.db, context.caller);
  const urls = {
    sobject: `${context.base}/tooling/sobjects/CustomField`,
    rowTemplate: `${context.base}/tooling/sobjects/CustomField/{ID}`,
  };
  return jsonAnswer({
    objectDescribe: {
      createable: true,
      deletable: true,
      keyPrefix: '00N',
      label: 'Custom Field',
      labelPlural: 'Custom Fields',
      name: 'CustomField',
      queryable: false,
      retrieveable: true,
      updateable: true,
      urls,
    },
    recentItems: rows.map((row) => fieldOf(context, row)),
  });
}

export async function updateField(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { FullName: fullName, Metadata: metadata, ...others } = objectAt(request.json(), []);
  refuseOthers(others);
  await updateCustomField(databaseOf(context), context.caller, idOfPath(request), { fullName, metadata });
  return emptyAnswer();
}

export async function deleteField(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  await deleteCustomField(databaseOf(context), context.caller, idOfPath(request));
  return emptyAnswer();
}

/** A column is added in a transaction of its own, which one that may be rolled back cannot hold. */
function databaseOf({ db }: RestContext): Database {
  if (db.kind === 'database') return db;
  throw new ApiError('INVALID_OPERATION', 'custom fields cannot be changed inside an allOrNone request');
}

function refuseOthers(others: Readonly<Record<string, unknown>>): void {
  const odd = Object.keys(others).find((name) => name !== 'attributes' && name !== 'Id');
  if (odd === undefined) return;
  throw new ApiError('INVALID_FIELD', `No such column '${odd.slice(0, 255)}' on sobject of type CustomField`);
}

const urlOf = ({ base }: RestContext, id: string): string => `${base}/tooling/sobjects/CustomField/${id}`;

function fieldOf(context: RestContext, row: CustomFieldRow): Readonly<Record<string, unknown>> {
  const { metadata } = row;
  return {
    attributes: { type: 'CustomField', url: urlOf(context, row.id) },
    Id: row.id,
    TableEnumOrId: row.object,
    DeveloperName: row.developer_name,
    Description: metadata.description ?? null,
    InlineHelpText: metadata.inlineHelpText ?? null,
    Length: metadata.length ?? null,
    Precision: metadata.precision ?? null,
    Scale: metadata.scale ?? null,
    RelationshipLabel: metadata.relationshipLabel ?? null,
    NamespacePrefix: null,
    ManageableState: 'unmanaged',
    CreatedDate: momentOf(row.created_at),
    CreatedById: row.created_by_id,
    LastModifiedDate: momentOf(row.modified_at),
    LastModifiedById: row.modified_by_id,
    FullName: `${row.object}.${row.developer_name}__c`,
    Metadata: metadataOf(metadata),
  };
}

const momentOf = (epochMs: number): string => isoOf(Math.floor(epochMs / 1000) * 1000).replace('Z', '+0000');
