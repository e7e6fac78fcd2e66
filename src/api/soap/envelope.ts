/**
 * The two SOAP APIs and their envelopes. Requests are read by local names, as real servers do; answers are written
 * with the prefixes real clients look for (salesforce-data-api.md §8, §20).
 */
import { childOf, parseXml, type XmlElement, XmlRefused } from './xml-tree.js';

const SOAP_ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** Which WSDL the client was made from. */
export type SoapApi = 'partner' | 'enterprise';

/** Depth 40 holds every call; an update of 200 records of 100 fields is some 20,000 elements. */
const LIMITS = { maxDepth: 40, maxElements: 200_000 } as const;

export interface SoapRequest {
  /** The element in Body: what is called, with what. */
  readonly call: XmlElement;
  /** `SessionHeader/sessionId`. */
  readonly sessionId: string | undefined;
  readonly header: XmlElement | undefined;
}

export function namespaceOf(api: SoapApi): string {
  return `urn:${api}.soap.sforce.com`;
}

export function faultNamespaceOf(api: SoapApi): string {
  return `urn:fault.${api}.soap.sforce.com`;
}

/** Throws XmlRefused if the text is no envelope with one call in it. */
export function readEnvelope(text: string): SoapRequest {
  const envelope = parseXml(text, LIMITS);
  if (envelope.name !== 'Envelope' || envelope.namespace !== SOAP_ENVELOPE) {
    throw new XmlRefused('the document is not a SOAP 1.1 envelope');
  }
  const [call] = childOf(envelope, 'Body')?.children ?? [];
  if (call === undefined) throw new XmlRefused('the SOAP body is empty');
  const header = childOf(envelope, 'Header');
  return { call, header, sessionId: childOf(childOf(header, 'SessionHeader'), 'sessionId')?.text.trim() };
}

/** An answer around the bytes of `{call}Response`. */
export function writeEnvelope(api: SoapApi, body: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${SOAP_ENVELOPE}"` +
    ` xmlns="${namespaceOf(api)}" xmlns:xsi="${XSI}"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

/** A fault around the bytes of its children. */
export function writeFaultEnvelope(api: SoapApi, fault: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${SOAP_ENVELOPE}"` +
    ` xmlns:sf="${faultNamespaceOf(api)}" xmlns:xsi="${XSI}"><soapenv:Body><soapenv:Fault>${fault}` +
    '</soapenv:Fault></soapenv:Body></soapenv:Envelope>'
  );
}
