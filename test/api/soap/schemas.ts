/**
 * XML Schema validation of what the server sends: WSDLs against the schema of WSDL 1.1, answers against the WSDL of
 * their version. The small schemas here are written down from the SOAP 1.1 and WSDL 1.1 specifications, as far as our
 * documents go; what is not in them is refused. They stand in for the published ones, which may not be copied here, and
 * are narrower on purpose, so that what they accept the published ones accept too:
 *
 * - Envelope: the published schema takes any attributes, any elements behind Body, blocks and bodies that it does not
 *   know (lax), and a faultactor. Here Header and Body hold nothing that the WSDL does not declare (strict).
 * - WSDL: published, the parts come in any order and as often as liked, with documentation and foreign elements
 *   everywhere; parts may have a type, operations only an input. Here there is one order, one port type, one binding and
 *   one service, which makes the published keys (names of port types, bindings, services) hold by themselves; the key of
 *   messages is here. Fault names and the attributes the published schema requires are required here.
 * - SOAP binding: published, style, use and soapAction may be left out and use may be encoded; here they may not.
 */
import {
  XmlBufferInputProvider,
  XmlDocument,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';

const XSD = 'http://www.w3.org/2001/XMLSchema';
const SOAPENV = 'http://schemas.xmlsoap.org/soap/envelope/';

const ENVELOPE = `<xs:schema xmlns:xs="${XSD}" xmlns:tns="${SOAPENV}" targetNamespace="${SOAPENV}" elementFormDefault="unqualified">
  <xs:element name="Envelope"><xs:complexType><xs:sequence>
    <xs:element ref="tns:Header" minOccurs="0"/><xs:element ref="tns:Body"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="Header"><xs:complexType><xs:sequence>
    <xs:any namespace="##other" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="Body"><xs:complexType><xs:choice>
    <xs:element ref="tns:Fault"/><xs:any namespace="##other" processContents="strict"/>
  </xs:choice></xs:complexType></xs:element>
  <xs:element name="Fault"><xs:complexType><xs:sequence>
    <xs:element name="faultcode" type="xs:QName"/><xs:element name="faultstring" type="xs:string"/>
    <xs:element name="detail" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:any namespace="##any" processContents="strict"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const WSDL_SOAP = 'http://schemas.xmlsoap.org/wsdl/soap/';

/** An operation of a port or of a binding; `inside` is what stands in its input and output. */
const operation = (attribute: string, before: string, inside: string, fault: string) =>
  `<xs:element name="operation" maxOccurs="unbounded"><xs:complexType><xs:sequence>${before}
    <xs:element name="input"><xs:complexType>${inside}${attribute}</xs:complexType></xs:element>
    <xs:element name="output"><xs:complexType>${inside}${attribute}</xs:complexType></xs:element>
    <xs:element name="fault" minOccurs="0" maxOccurs="unbounded"><xs:complexType>${fault}${attribute}
      <xs:attribute name="name" type="xs:NCName" use="required"/></xs:complexType></xs:element>
  </xs:sequence><xs:attribute name="name" type="xs:NCName" use="required"/></xs:complexType></xs:element>`;

const WSDL_SCHEMA = `<xs:schema xmlns:xs="${XSD}" xmlns:soap="${WSDL_SOAP}" targetNamespace="${WSDL}" elementFormDefault="qualified">
  <xs:import namespace="${WSDL_SOAP}" schemaLocation="mem://schemas/wsdl-soap.xsd"/>
  <xs:element name="definitions"><xs:complexType><xs:sequence>
    <xs:element name="types"><xs:complexType><xs:sequence>
      <xs:any namespace="${XSD}" processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
    <xs:element name="message" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="part" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
        <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="element" type="xs:QName" use="required"/>
      </xs:complexType></xs:element></xs:sequence><xs:attribute name="name" type="xs:NCName" use="required"/></xs:complexType></xs:element>
    <xs:element name="portType"><xs:complexType><xs:sequence>
      ${operation('<xs:attribute name="message" type="xs:QName" use="required"/>', '', '', '')}
    </xs:sequence><xs:attribute name="name" type="xs:NCName" use="required"/></xs:complexType></xs:element>
    <xs:element name="binding"><xs:complexType><xs:sequence><xs:element ref="soap:binding"/>
      ${operation(
        '',
        '<xs:element ref="soap:operation"/>',
        '<xs:sequence><xs:element ref="soap:header" minOccurs="0" maxOccurs="unbounded"/><xs:element ref="soap:body"/></xs:sequence>',
        '<xs:sequence><xs:element ref="soap:fault"/></xs:sequence>',
      )}
    </xs:sequence><xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="type" type="xs:QName" use="required"/></xs:complexType></xs:element>
    <xs:element name="service"><xs:complexType><xs:sequence><xs:element name="documentation" type="xs:string"/>
      <xs:element name="port"><xs:complexType><xs:sequence><xs:element ref="soap:address"/></xs:sequence>
        <xs:attribute name="name" type="xs:NCName" use="required"/><xs:attribute name="binding" type="xs:QName" use="required"/></xs:complexType></xs:element>
    </xs:sequence><xs:attribute name="name" type="xs:NCName" use="required"/></xs:complexType></xs:element>
  </xs:sequence><xs:attribute name="targetNamespace" type="xs:anyURI" use="required"/></xs:complexType>
  <xs:unique name="messageNames"><xs:selector xpath="w:message" xmlns:w="${WSDL}"/><xs:field xpath="@name"/></xs:unique>
  </xs:element>
</xs:schema>`;

const use = '<xs:attribute name="use" type="xs:token" fixed="literal" use="required"/>';
const WSDL_SOAP_SCHEMA = `<xs:schema xmlns:xs="${XSD}" targetNamespace="${WSDL_SOAP}" elementFormDefault="qualified">
  <xs:element name="binding"><xs:complexType><xs:attribute name="style" fixed="document" use="required"/><xs:attribute name="transport" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
  <xs:element name="operation"><xs:complexType><xs:attribute name="soapAction" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
  <xs:element name="header"><xs:complexType><xs:attribute name="message" type="xs:QName" use="required"/><xs:attribute name="part" type="xs:NCName" use="required"/>${use}</xs:complexType></xs:element>
  <xs:element name="body"><xs:complexType><xs:attribute name="parts" type="xs:NMTOKENS"/>${use}</xs:complexType></xs:element>
  <xs:element name="fault"><xs:complexType><xs:attribute name="name" type="xs:NCName" use="required"/>${use}</xs:complexType></xs:element>
  <xs:element name="address"><xs:complexType><xs:attribute name="location" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
</xs:schema>`;

export interface Validator {
  /** Throws, saying what is wrong where. */
  validate(xml: string): void;
}

function compile(files: Readonly<Record<string, string>>, root: string): Validator {
  const buffers = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`mem://schemas/${name}`, Buffer.from(text)]),
  );
  xmlRegisterInputProvider(new XmlBufferInputProvider(buffers));
  let validator: XsdValidator;
  try {
    const document = XmlDocument.fromString(root);
    validator = XsdValidator.fromDoc(document);
    document.dispose();
  } finally {
    xmlCleanupInputProvider();
  }
  return {
    validate(xml) {
      const document = XmlDocument.fromString(xml);
      try {
        validator.validate(document);
      } catch (error) {
        const { details = [] } = error as { details?: { message: string }[] };
        throw new Error(`${details.map(({ message }) => message).join('')}\n${xml.slice(0, 2000)}`);
      } finally {
        document.dispose();
      }
    },
  };
}

/** The schemas inside a WSDL, with the prefixes the WSDL declares around them. */
function schemasIn(wsdl: string): string[] {
  const declarations = (/<definitions([^>]*)>/.exec(wsdl)?.[1] ?? '').match(/xmlns:\w+="[^"]*"/g) ?? [];
  const schemas = wsdl.match(/<schema [\s\S]*?<\/schema>/g) ?? [];
  return schemas.map((schema) => schema.replace('<schema ', `<schema ${declarations.join(' ')} `));
}

const namespaceOf = (schema: string): string => /targetNamespace="([^"]*)"/.exec(schema)?.[1] ?? '';

/** For whole envelopes of answers and faults of the API a WSDL describes. */
export function answerValidator(wsdl: string): Validator {
  const schemas = schemasIn(wsdl);
  const fileOf = new Map(schemas.map((schema, index) => [namespaceOf(schema), `schema-${index}.xsd`]));
  const files: Record<string, string> = { 'envelope.xsd': ENVELOPE };
  for (const schema of schemas) {
    files[fileOf.get(namespaceOf(schema)) as string] = schema.replace(
      /<import namespace="([^"]*)"\/>/g,
      (_, namespace: string) =>
        `<import namespace="${namespace}" schemaLocation="mem://schemas/${fileOf.get(namespace)}"/>`,
    );
  }
  const imports = [[SOAPENV, 'envelope.xsd'], ...fileOf].map(
    ([namespace, file]) => `<xs:import namespace="${namespace}" schemaLocation="mem://schemas/${file}"/>`,
  );
  return compile(files, `<xs:schema xmlns:xs="${XSD}">${imports.join('')}</xs:schema>`);
}

/** For WSDLs themselves; the schemas inside are checked by compiling them (`answerValidator`). */
export function wsdlValidator(): Validator {
  return compile({ 'wsdl-soap.xsd': WSDL_SOAP_SCHEMA }, WSDL_SCHEMA);
}
