/**
 * XML text to a tree of elements, piece by piece, by saxes. What SOAP has no use for is refused: DOCTYPE (and with it
 * entities), processing instructions, and anything deeper or larger than a call can be. Namespaces are resolved;
 * attributes are kept by their full name.
 */
import { SaxesParser } from 'saxes';

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
  /** The namespace a prefix stands for here; '' is the default one. For QNames in values. */
  namespaceOf(prefix: string): string | undefined;
}

export interface XmlLimits {
  readonly maxDepth: number;
  readonly maxElements: number;
}

/** The text is not XML, or not the XML a call is made of; the message says which. */
export class XmlRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlRefused';
  }
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
  readonly scope: Scope;
}

/** Prefixes declared on an element, over those of its ancestors. */
interface Scope {
  readonly declared: Readonly<Record<string, string>>;
  readonly outer: Scope | undefined;
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

export function createXmlReader(limits: XmlLimits): XmlReader {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const stack: OpenElement[] = [];
  let root: XmlElement | undefined;
  let top: OpenElement | undefined;
  let elements = 0;

  parser.on('error', (error) => {
    throw new XmlRefused(error.message);
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)) return;
    throw new XmlRefused(`the encoding ${encoding.slice(0, 40)} is not supported, send UTF-8`);
  });
  parser.on('doctype', () => {
    throw new XmlRefused('a DOCTYPE is not allowed');
  });
  parser.on('processinginstruction', () => {
    throw new XmlRefused('a processing instruction is not allowed');
  });
  parser.on('opentag', (tag) => {
    elements++;
    if (elements > limits.maxElements) throw new XmlRefused('too many elements');
    if (stack.length >= limits.maxDepth) throw new XmlRefused('elements are nested too deeply');
    let attributes: Map<string, string> | undefined;
    for (const { uri, local, value } of Object.values(tag.attributes)) {
      if (uri === XMLNS) continue;
      attributes ??= new Map();
      attributes.set(uri === '' ? local : `{${uri}}${local}`, value);
    }
    const outer = stack.at(-1)?.scope;
    const declared = Object.keys(tag.ns).length > 0;
    const scope = declared || outer === undefined ? { declared: tag.ns, outer } : outer;
    const opened: OpenElement = {
      name: tag.local,
      namespace: tag.uri,
      attributes: attributes ?? NO_ATTRIBUTES,
      children: [],
      text: '',
      scope,
      namespaceOf: (prefix) => lookUp(scope, prefix),
    };
    top ??= opened;
    stack.push(opened);
  });
  const addText = (piece: string) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = stack.pop();
    if (closed === undefined) return;
    const parent = stack.at(-1);
    if (parent === undefined) root = closed;
    else parent.children.push(closed);
  });

  return {
    write: (text) => void parser.write(text),
    close() {
      parser.close();
      if (root === undefined) throw new XmlRefused('there is no element');
      return root;
    },
    completed: (name) => childOf(top, name),
  };
}

function lookUp(scope: Scope, prefix: string): string | undefined {
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
