/**
 * A plain tree over fast-xml-parser, which by itself guesses types and forgives what is not
 * well-formed.
 */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

export interface XmlElement {
  /** With its prefix, as written. */
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** Text directly inside; mixed content does not occur in libvirt's documents. */
  text: string;
}

export class XmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlError';
  }
}

const attributesKey = ':@';
const attributePrefix = '@';
const textKey = '#text';
const settings = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: attributePrefix,
  textNodeName: textKey,
} as const;
const parser = new XMLParser({
  ...settings,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
});
const builder = new XMLBuilder({
  ...settings,
  format: true,
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
});

export function element(
  name: string,
  attributes: Record<string, string | number> = {},
  children: (XmlElement | string | null)[] = [],
): XmlElement {
  return {
    name,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, String(value)]),
    ),
    children: children.filter(
      (child): child is XmlElement => child !== null && typeof child !== 'string',
    ),
    text: children.filter((child) => typeof child === 'string').join(''),
  };
}

/** @throws XmlError when it is not one well-formed element */
export function parseXml(xml: string): XmlElement {
  const valid = XMLValidator.validate(xml);
  if (valid !== true)
    throw new XmlError(`not well-formed: ${valid.err.msg} (line ${valid.err.line})`);
  const [root, ...others] = toElements(parser.parse(xml) as unknown).elements;
  if (!root || others.length > 0) throw new XmlError('expected exactly one root element');
  return root;
}

export function buildXml(root: XmlElement): string {
  return String(builder.build([toEntry(root)]));
}

export function childrenNamed(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

export function childNamed(parent: XmlElement, name: string): XmlElement | null {
  return childrenNamed(parent, name)[0] ?? null;
}

/** Puts `child` in the place of the first child of its name, or at the end. */
export function replaceChild(parent: XmlElement, child: XmlElement): XmlElement {
  const index = parent.children.findIndex((other) => other.name === child.name);
  const children = [...parent.children];
  children.splice(index < 0 ? children.length : index, index < 0 ? 0 : 1, child);
  return { ...parent, children };
}

function toElements(entries: unknown): { elements: XmlElement[]; text: string } {
  const elements: XmlElement[] = [];
  let text = '';
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    if (typeof entry !== 'object' || entry === null) continue;
    const fields = Object.entries(entry as Record<string, unknown>);
    const attributes = attributesOf(fields.find(([key]) => key === attributesKey)?.[1]);
    for (const [key, value] of fields) {
      if (key === textKey) text += String(value);
      else if (key !== attributesKey && !key.startsWith('?')) {
        const inner = toElements(value);
        elements.push({ name: key, attributes, children: inner.elements, text: inner.text });
      }
    }
  }
  // Between elements, blanks are only indentation.
  return { elements, text: elements.length > 0 ? text.trim() : text };
}

function attributesOf(group: unknown): Record<string, string> {
  if (typeof group !== 'object' || group === null) return {};
  return Object.fromEntries(
    Object.entries(group).map(([key, value]) => [key.slice(attributePrefix.length), String(value)]),
  );
}

function toEntry(node: XmlElement): Record<string, unknown> {
  const content: unknown[] = node.children.map(toEntry);
  if (node.text !== '') content.unshift({ [textKey]: node.text });
  const attributes = Object.entries(node.attributes).map(
    ([key, value]) => [attributePrefix + key, value] as const,
  );
  return { [node.name]: content, [attributesKey]: Object.fromEntries(attributes) };
}
