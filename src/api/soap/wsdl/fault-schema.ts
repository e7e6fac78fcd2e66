/** The schema of faults: every one is an ApiFault; those about a statement say where in it (salesforce-data-api.md §8.2). */
import { EXCEPTION_CODES } from '../schema/simple-types.js';
import { simpleTypeXsd } from './xsd.js';

/** Each fault of the WSDL and what it extends. */
export const FAULTS: Readonly<Record<string, 'ApiFault' | 'ApiQueryFault'>> = {
  LoginFault: 'ApiFault',
  InvalidQueryLocatorFault: 'ApiFault',
  InvalidNewPasswordFault: 'ApiFault',
  InvalidIdFault: 'ApiFault',
  UnexpectedErrorFault: 'ApiFault',
  InvalidFieldFault: 'ApiQueryFault',
  InvalidSObjectFault: 'ApiQueryFault',
  MalformedQueryFault: 'ApiQueryFault',
  MalformedSearchFault: 'ApiQueryFault',
};

export function faultsXsd(): string {
  return [
    simpleTypeXsd('ExceptionCode', { base: 'xsd:string', values: EXCEPTION_CODES }),
    // The element toolkits take for the type of every fault message.
    '<element name="fault" type="fns:ApiFault"/>',
    '<complexType name="ApiFault"><sequence><element name="exceptionCode" type="fns:ExceptionCode"/>',
    '<element name="exceptionMessage" type="xsd:string"/>',
    '<element name="extendedErrorDetails" type="tns:ExtendedErrorDetails" nillable="true" minOccurs="0" maxOccurs="unbounded"/>',
    '</sequence></complexType>',
    '<complexType name="ApiQueryFault"><complexContent><extension base="fns:ApiFault"><sequence>',
    '<element name="row" type="xsd:int"/><element name="column" type="xsd:int"/>',
    '</sequence></extension></complexContent></complexType>',
    ...Object.entries(FAULTS).map(
      ([name, base]) =>
        `<element name="${name}" type="fns:${name}"/><complexType name="${name}"><complexContent>` +
        `<extension base="fns:${base}"/></complexContent></complexType>`,
    ),
  ].join('');
}
