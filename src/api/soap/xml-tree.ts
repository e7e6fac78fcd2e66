/**
 * XML text to a tree of elements, by saxes. What SOAP has no use for is refused: DOCTYPE (and with it entities),
 * processing instructions, and anything deeper or larger than a call can be. Namespaces are resolved; attributes are
 * kept by their full name.
 */
import { SaxesParser } from 'saxes';

export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  /** '' for none. */
  readonly namespace: string;
  /** `{namespace}local` or `local` to value. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own text, as written: nothing is trimmed. */
  readonly text: string;
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

interface OpenElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/** The root element. Throws XmlRefused. */
export function parseXml(text: string, limits: XmlLimits): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const stack: OpenElement[] = [];
  let root: XmlElement | undefined;
  let elements = 0;

  parser.on('error', (error) => {
    throw new XmlRefused(error.message);
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
    const attributes = new Map<string, string>();
    for (const { uri, local, value } of Object.values(tag.attributes)) {
      attributes.set(uri === '' ? local : `{${uri}}${local}`, value);
    }
    stack.push({ name: tag.local, namespace: tag.uri, attributes, children: [], text: '' });
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

  parser.write(text).close();
  if (root === undefined) throw new XmlRefused('there is no element');
  return root;
}

/** The first child of that name, whatever its namespace: clients differ in theirs. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** Text of the first child of that name; undefined if there is none. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  return childOf(element, name)?.text;
}
