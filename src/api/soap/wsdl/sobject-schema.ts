/**
 * The schema of sObjects. Partner: one loose type for all. Enterprise: a type for each object with its fields, parents
 * and children in the order answers have them (salesforce-data-api.md §8.1, §8.3).
 */
import type { SObjectDescription } from '../../../objects/language.js';
import { fieldsAt, findObject, OBJECTS } from '../../../objects/registry.js';
import { isPolymorphic, nameObject } from '../../../query/name-object.js';
import { inSchemaOrder } from '../../../query/render/xml.js';
import { soapTypeOf } from '../../../records/describe-field.js';
import { elementXsd } from './xsd.js';

const ANY = '<any namespace="##targetNamespace" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>';
const NULLS =
  '<element name="fieldsToNull" type="xsd:string" nillable="true" minOccurs="0" maxOccurs="unbounded"/>';

const ID = '<element name="Id" type="tns:ID" nillable="true"';

export function partnerSObjectXsd(): string {
  return `<complexType name="sObject"><sequence><element name="type" type="xsd:string"/>${NULLS}${ID}/>${ANY}</sequence></complexType>`;
}

/**
 * The base has no elements of its own: an Id that may be absent and the free content of AggregateResult behind it
 * would be ambiguous to XML Schema.
 */
export function enterpriseSObjectsXsd(apiVersion: number): string {
  const objects = OBJECTS.filter(({ minApiVersion }) => minApiVersion <= apiVersion);
  return [
    '<complexType name="sObject"><sequence/></complexType>',
    extensionXsd('AggregateResult', ANY),
    ...[...objects, nameObject].map((object) => objectXsd(object, apiVersion)),
  ].join('');
}

function extensionXsd(name: string, content: string): string {
  return (
    `<complexType name="${name}"><complexContent><extension base="ens:sObject"><sequence>${content}</sequence>` +
    '</extension></complexContent></complexType>'
  );
}

function objectXsd(object: SObjectDescription, apiVersion: number): string {
  const types = new Map<string, string>();
  const fields = fieldsAt(object, apiVersion);
  for (const field of fields) {
    if (field.name !== 'Id') types.set(field.name, schemaTypeOf(soapTypeOf(field)));
  }
  for (const field of fields) {
    const { relationshipName, referenceTo = [] } = field;
    if (relationshipName === null || relationshipName === undefined) continue;
    const target = findObject(referenceTo[0] ?? '', apiVersion);
    // Owner may come as a Name, or with TYPEOF as a User or a Group.
    if (isPolymorphic(field) || referenceTo.length > 1) types.set(relationshipName, 'ens:sObject');
    else if (target !== undefined) types.set(relationshipName, `ens:${target.name}`);
  }
  for (const { relationshipName, childSObject } of object.childRelationships) {
    if (relationshipName === null || findObject(childSObject, apiVersion) === undefined) continue;
    types.set(relationshipName, 'tns:QueryResult');
  }
  const elements = [...types]
    .sort(([a], [b]) => inSchemaOrder(a, b))
    .map(([name, type]) => elementXsd(name, type, { optional: true, many: false, nillable: true }));
  return extensionXsd(object.name, [NULLS, `${ID} minOccurs="0"/>`, ...elements].join(''));
}

/** Describe's `urn:address` is a type of the API's own namespace. */
function schemaTypeOf(soapType: string): string {
  return soapType.replace(/^urn:/, 'tns:');
}
