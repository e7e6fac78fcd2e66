/**
 * The WSDLs, made from the same lines the answers are made from, and from the object descriptions. Document/literal,
 * as toolkits have read them for twenty years (salesforce-data-api.md §7.2, §8).
 */
import { faultNamespaceOf, namespaceOf, type SoapApi, sObjectNamespaceOf } from '../envelope.js';
import { HEADERS } from '../schema/header-types.js';
import { complex } from '../schema/language.js';
import { OPERATIONS, type Operation } from '../schema/operations.js';
import { STATUS_CODES } from '../schema/simple-types.js';
import { COMPLEX_TYPES } from '../schema/types.js';
import { escapeXml } from '../xml-text.js';
import { FAULTS, faultsXsd } from './fault-schema.js';
import { enterpriseSObjectsXsd, partnerSObjectXsd } from './sobject-schema.js';
import { complexTypeXsd, messageXsd, simpleTypesXsd, simpleTypeXsd } from './xsd.js';

export interface WsdlRequest {
  readonly api: SoapApi;
  readonly apiVersion: number;
  /** Origin of the address clients will call. */
  readonly publicUrl: string;
}

/** The whole document. */
export function wsdlOf(request: WsdlRequest): string {
  const { api, apiVersion } = request;
  const operations = OPERATIONS.filter(({ until = Number.POSITIVE_INFINITY }) => apiVersion <= until);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<definitions targetNamespace="${namespaceOf(api)}" xmlns="http://schemas.xmlsoap.org/wsdl/"`,
    ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
    ` xmlns:fns="${faultNamespaceOf(api)}" xmlns:tns="${namespaceOf(api)}" xmlns:ens="${sObjectNamespaceOf(api)}">`,
    `<types>${schemasOf(request, operations).join('')}</types>`,
    messagesOf(operations),
    `<portType name="Soap">${operations.map(portOperation).join('')}</portType>`,
    '<binding name="SoapBinding" type="tns:Soap">',
    '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>',
    `${operations.map(bindingOperation).join('')}</binding>`,
    '<service name="SforceService"><documentation>Floorwalker</documentation>',
    `<port binding="tns:SoapBinding" name="Soap"><soap:address location="${escapeXml(addressOf(request))}"/></port>`,
    '</service></definitions>',
  ].join('');
}

function addressOf({ api, apiVersion, publicUrl }: WsdlRequest): string {
  return `${publicUrl}/services/Soap/${api === 'partner' ? 'u' : 'c'}/${apiVersion}.0`;
}

/** The three schemas of the document: sObjects, calls, faults. */
export function schemasOf(
  { api, apiVersion }: Pick<WsdlRequest, 'api' | 'apiVersion'>,
  operations: readonly Operation[] = OPERATIONS,
): string[] {
  const schema = (namespace: string, imports: readonly string[], content: string) =>
    `<schema elementFormDefault="qualified" xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="${namespace}">` +
    `${imports.map((one) => `<import namespace="${one}"/>`).join('')}${content}</schema>`;
  const [tns, ens, fns] = [namespaceOf(api), sObjectNamespaceOf(api), faultNamespaceOf(api)];
  return [
    schema(ens, [tns], api === 'partner' ? partnerSObjectXsd() : enterpriseSObjectsXsd(apiVersion)),
    schema(tns, [ens], callsXsd(apiVersion, operations)),
    schema(fns, [tns], faultsXsd()),
  ];
}

const LOCATION = complex('latitude?~: double', 'longitude?~: double');
const ADDRESS = complex(
  'city?~',
  'country?~',
  'geocodeAccuracy?~',
  'latitude?~: double',
  'longitude?~: double',
  'postalCode?~',
  'state?~',
  'street?~',
);

function callsXsd(apiVersion: number, operations: readonly Operation[]): string {
  const types = [...COMPLEX_TYPES].filter(([name]) => !(name in HEADERS));
  return [
    simpleTypesXsd(),
    simpleTypeXsd('StatusCode', { base: 'xsd:string', values: STATUS_CODES }),
    complexTypeXsd('location', LOCATION, apiVersion),
    complexTypeXsd('address', ADDRESS, apiVersion),
    ...types.map(([name, type]) => complexTypeXsd(name, type, apiVersion)),
    ...operations.map(
      ({ name, request, response }) =>
        messageXsd(name, request, apiVersion) + messageXsd(`${name}Response`, response, apiVersion),
    ),
    ...Object.entries(HEADERS).map(([name, type]) => messageXsd(name, type, apiVersion)),
  ].join('');
}

function messagesOf(operations: readonly Operation[]): string {
  const message = (name: string, parts: string) => `<message name="${name}">${parts}</message>`;
  const parts = Object.keys(HEADERS).map((name) => `<part element="tns:${name}" name="${name}"/>`);
  return [
    message('Header', parts.join('')),
    ...Object.keys(FAULTS).map((name) => message(name, `<part element="fns:${name}" name="fault"/>`)),
    ...operations.map(
      ({ name }) =>
        message(`${name}Request`, `<part element="tns:${name}" name="parameters"/>`) +
        message(`${name}Response`, `<part element="tns:${name}Response" name="parameters"/>`),
    ),
  ].join('');
}

function portOperation({ name, faults }: Operation): string {
  const declared = faults.map((fault) => `<fault message="tns:${fault}" name="${fault}"/>`).join('');
  return (
    `<operation name="${name}"><input message="tns:${name}Request"/>` +
    `<output message="tns:${name}Response"/>${declared}</operation>`
  );
}

function bindingOperation({ name, headers, faults }: Operation): string {
  const header = (one: string) => `<soap:header use="literal" message="tns:Header" part="${one}"/>`;
  const body = '<soap:body parts="parameters" use="literal"/>';
  // Headers of the answer are not among those of the request; login() has none.
  const answered = name === 'login' ? '' : header('LimitInfoHeader');
  return (
    `<operation name="${name}"><soap:operation soapAction=""/>` +
    `<input>${headers.map(header).join('')}${body}</input><output>${answered}${body}</output>` +
    `${faults.map((fault) => `<fault name="${fault}"><soap:fault name="${fault}" use="literal"/></fault>`).join('')}` +
    '</operation>'
  );
}
