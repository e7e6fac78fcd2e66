/**
 * XML text to a tree of elements, piece by piece, by saxes. What SOAP has no use for is refused: DOCTYPE (and with it
 * entities), processing instructions, and anything deeper or larger than a call can be. Namespaces are resolved;
 * attributes are kept by their full name.
 */
import { type SaxesAttributeNS, SaxesParser } from 'saxes';

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** '' for none. */
  readonly namespace: string;
  /** `{namespace}local` or `local` to value; declarations of namespaces are not among them. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own text, as written: nothing is trimmed. */
  readonly text: string;
  readonly scope: Scope;
}

/** Prefixes declared on an element, over those of its ancestors. */
interface Scope {
  readonly declared: Readonly<Record<string, string>>;
  readonly outer: Scope | undefined;
}

export interface XmlLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
  /** Of one element, declarations of namespaces among them. */
  readonly maxAttributes: number;
  /** Characters of one tag or of one text, which are held until they end. */
  readonly maxStretch: number;
}

/** What SOAP 1.1 calls the kinds of refused requests (its section 4.4.1). */
export type RefusalCode = 'Client' | 'MustUnderstand' | 'VersionMismatch';

/** The text is not XML, or not the XML a call is made of; the message says which. */
export class XmlRefused extends Error {
  constructor(
    message: string,
    readonly code: RefusalCode = 'Client',
  ) {
    super(message);
    this.name = 'XmlRefused';
  }
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const XMLNS = 'http://www.w3.org/2000/xmlns/';
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();
const NO_CHILDREN: XmlElement[] = [];

export interface XmlReader {
  /** Takes the next piece. Throws XmlRefused. */
  write(text: string): void;
  /** The root element, after the last piece. Throws XmlRefused. */
  close(): XmlElement;
  /** A child of the root that is complete already. */
  completed(name: string): XmlElement | undefined;
}

/**
 * At most six handlers may be set: saxes stores each as a property of the parser, and with a seventh V8 turns the
 * parser into a dictionary, which makes reading four times slower (bench/soap).
 */
export function createXmlReader(limits: XmlLimits): XmlReader {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const stack: OpenElement[] = [];
  let root: XmlElement | undefined;
  let open: OpenElement | undefined;
  let elements = 0;
  let stretch = 0;

  parser.on('doctype', () => {
    throw new XmlRefused('a DOCTYPE is not allowed');
  });
  parser.on('processinginstruction', () => {
    throw new XmlRefused('a processing instruction is not allowed');
  });
  parser.on('opentag', ({ local, uri, attributes, ns }) => {
    stretch = 0;
    if (stack.length === 0) refuseOtherEncoding(parser.xmlDecl.encoding);
    elements++;
    if (elements > limits.maxElements) throw new XmlRefused('too many elements');
    if (stack.length >= limits.maxDepth) throw new XmlRefused('elements are nested too deeply');
    const outer = open?.scope;
    open = {
      name: local,
      namespace: uri,
      attributes: attributesOf(attributes, limits.maxAttributes),
      children: [],
      text: '',
      scope: outer === undefined || declaresAny(ns) ? { declared: ns, outer } : outer,
    };
    stack.push(open);
    root ??= open;
  });
  const addText = (piece: string) => {
    stretch = 0;
    if (open !== undefined) open.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = stack.pop();
    open = stack.at(-1);
    if (closed !== undefined) open?.children.push(closed);
  });

  return {
    write(text) {
      stretch += text.length;
      refusing(() => parser.write(text));
      if (stretch > limits.maxStretch) throw new XmlRefused('a tag or a text is too long');
    },
    close() {
      refusing(() => parser.close());
      if (root === undefined) throw new XmlRefused('there is no element');
      return root;
    },
    completed: (name) => childOf(root, name),
  };
}

/** Without a handler saxes throws a plain Error where the text is not XML. */
function refusing(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    const isOfSaxes = error instanceof Error && error.constructor === Error;
    throw isOfSaxes ? new XmlRefused(error.message) : error;
  }
}

function refuseOtherEncoding(encoding: string | undefined): void {
  if (encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)) return;
  throw new XmlRefused(`the encoding ${encoding.slice(0, 40)} is not supported, send UTF-8`);
}

function attributesOf(
  attributes: Readonly<Record<string, SaxesAttributeNS>>,
  most: number,
): XmlElement['attributes'] {
  let named: Map<string, string> | undefined;
  let count = 0;
  for (const name in attributes) {
    if (++count > most) throw new XmlRefused('an element has too many attributes');
    const { uri, local, value } = attributes[name] as SaxesAttributeNS;
    if (uri === XMLNS) continue;
    named ??= new Map();
    named.set(uri === '' ? local : `{${uri}}${local}`, value);
  }
  return named ?? NO_ATTRIBUTES;
}

function declaresAny(declared: Readonly<Record<string, string>>): boolean {
  for (const _ in declared) return true;
  return false;
}

/** The namespace a prefix stands for inside an element; '' is the default one. For QNames in values. */
export function namespaceIn({ scope }: XmlElement, prefix: string): string | undefined {
  for (let one: Scope | undefined = scope; one !== undefined; one = one.outer) {
    const uri = one.declared[prefix];
    if (uri !== undefined) return uri;
  }
  return undefined;
}

/** The first child of that name, whatever its namespace: clients differ in theirs. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childrenOf(element).find((child) => child.name === name);
}

/** All children, or those of that name. */
export function childrenOf(element: XmlElement | undefined, name?: string): readonly XmlElement[] {
  const children = element?.children ?? NO_CHILDREN;
  return name === undefined ? children : children.filter((child) => child.name === name);
}

/** Text of the first child of that name; undefined if there is none. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  return childOf(element, name)?.text;
}

const NIL = '{http://www.w3.org/2001/XMLSchema-instance}nil';

/** Whether the element says that it has no value. */
export function isNil(element: XmlElement): boolean {
  const nil = element.attributes.get(NIL)?.trim();
  return nil === 'true' || nil === '1';
}
