import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type PosternError, problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Character data directly inside, trimmed. */
  readonly text: string;
}

type Ordered = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ':@';
const TEXT = '#text';
/** Deeper than firewalld's files are; bounds the recursion. */
const MOST_DEPTH = 20;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
});

/** The root element of a text. Throws FIREWALL_SYNTAX when it is not well-formed or has a DOCTYPE. */
export function readXml(source: Source): Element {
  const doctype = source.text.indexOf('<!DOCTYPE');
  if (doctype !== -1) throw syntax(source, lineAt(source.text, doctype), 'a DOCTYPE');
  const checked = XMLValidator.validate(source.text);
  if (checked !== true) throw syntax(source, checked.err.line, checked.err.msg);
  const roots = elementsOf(parseOrdered(source), 0, source);
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw syntax(source, 1, 'not one root element');
  return root;
}

/** A FIREWALL_SYNTAX of this kind. */
export function syntax({ origin }: Source, line: number, what: string): PosternError {
  return problem('FIREWALL_SYNTAX', { origin, line, kind: 'firewalld', problem: what });
}

function parseOrdered(source: Source): readonly Ordered[] {
  try {
    return parser.parse(source.text) as readonly Ordered[];
  } catch (error) {
    throw syntax(source, 1, String(error));
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function elementsOf(nodes: unknown, depth: number, source: Source): Element[] {
  if (!Array.isArray(nodes)) return [];
  if (depth > MOST_DEPTH) throw syntax(source, 1, 'elements nested too deeply');
  return (nodes as readonly Ordered[]).flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT);
    if (name === undefined) return [];
    const children = node[name];
    const attributes = (node[ATTRIBUTES] ?? {}) as Record<string, string>;
    return [
      {
        name,
        attributes,
        children: elementsOf(children, depth + 1, source),
        text: textOf(children),
      },
    ];
  });
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  const parts = (nodes as readonly Ordered[]).flatMap((node) => {
    const text = node[TEXT];
    return typeof text === 'string' ? text : [];
  });
  return parts.join('').trim();
}
