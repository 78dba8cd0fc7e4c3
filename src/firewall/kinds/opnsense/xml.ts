import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf } from '../../../model/errors.ts';
import { lineFinder, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';

/** An element: its text, or its children by name. */
export interface Element {
  readonly text: string;
  readonly line: number;
  /** First child of this name. */
  child(name: string): Element | undefined;
  /** All children of this name. */
  children(name: string): readonly Element[];
  /** Names of its children, in their order. */
  names(): readonly string[];
}

const META: unique symbol = XMLParser.getMetaDataSymbol() as never;

type Raw = string | RawElement;
interface RawElement {
  readonly [name: string]: Raw | readonly Raw[];
  readonly [META]?: { readonly startIndex?: number };
}

class Node implements Element {
  readonly line: number;
  private readonly raw: Raw;
  private readonly lineOf: (position: number) => number;

  constructor(raw: Raw, lineOf: (position: number) => number, line: number) {
    this.raw = raw;
    this.lineOf = lineOf;
    const start = typeof raw === 'string' ? undefined : raw[META]?.startIndex;
    this.line = start === undefined ? line : lineOf(start);
  }

  get text(): string {
    if (typeof this.raw === 'string') return this.raw.trim();
    const own = this.raw['#text'];
    return typeof own === 'string' ? own.trim() : '';
  }

  child(name: string): Element | undefined {
    return this.children(name)[0];
  }

  children(name: string): readonly Element[] {
    if (typeof this.raw === 'string' || !Object.hasOwn(this.raw, name)) return [];
    const found = this.raw[name];
    const list: readonly Raw[] = Array.isArray(found) ? found : [found as Raw];
    return list.map((raw) => new Node(raw, this.lineOf, this.line));
  }

  names(): readonly string[] {
    return typeof this.raw === 'string' ? [] : Object.keys(this.raw);
  }
}

/** The root element, by its name; throws FIREWALL_SYNTAX for a text that is no whole XML document. */
export function readXml(source: Source): { readonly name: string; readonly root: Element } {
  const { text } = source;
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw syntaxFault('opnsense', source, valid.err.line, valid.err.msg);
  const parser = new XMLParser({ parseTagValue: false, captureMetaData: true });
  let parsed: Raw;
  try {
    parsed = parser.parse(text) as Raw;
  } catch (thrown) {
    throw syntaxFault('opnsense', source, 1, messageOf(thrown));
  }
  const document = new Node(parsed, lineFinder(text), 1);
  const name = document.names().find((key) => !key.startsWith('?'));
  const root = name === undefined ? undefined : document.child(name);
  if (name === undefined || root === undefined)
    throw syntaxFault('opnsense', source, 1, 'it has no root element');
  return { name, root };
}
