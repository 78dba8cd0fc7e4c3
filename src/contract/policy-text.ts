import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { messageOf } from '../model/errors.ts';

/** Something wrong in a policy file; line and column count from 1. */
export interface PolicyFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Where in the document: keys and indexes from the root. */
export type Path = readonly PropertyKey[];

/** A policy of 10,000 hosts is under 1 MB. */
const MAX_LENGTH = 4 * 1024 * 1024;
/** Bounds what a few bytes of nested aliases can grow into. */
const MAX_ALIASES = 100;

/** A YAML text that was read, with the places its parts stand. */
export interface PolicyText {
  readonly value: unknown;
  readonly faults: readonly PolicyFault[];
  /** The place of the value a path leads to, or of what stands nearest above it. */
  at(path: Path, message: string): PolicyFault;
  /** The place of a key itself. */
  atKey(path: Path, key: string, message: string): PolicyFault;
}

function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function isOfPath(path: Path): path is readonly (string | number)[] {
  return path.every((step) => typeof step !== 'symbol');
}

/** The node a path leads to; aliases are followed. Null when the path leaves the document. */
function nodeAt(document: Document, path: Path): Node | null {
  let node: unknown = document.contents;
  if (!isOfPath(path)) return null;
  for (const step of path) {
    const target = isAlias(node) ? node.resolve(document) : node;
    const inner = isMap(target) ? pairOf(target.items, String(step))?.value : undefined;
    node = inner ?? (target !== undefined && hasItems(target) ? target.items[Number(step)] : null);
    if (!isNode(node)) return null;
  }
  return isNode(node) ? node : null;
}

function hasItems(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === 'object' && node !== null && 'items' in node && !isMap(node);
}

function pairOf(pairs: readonly Pair[], key: string): Pair | undefined {
  return pairs.find((pair) => keyText(pair) === key);
}

class Places {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  offset(offset: number, message: string): PolicyFault {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), message };
  }

  node(node: Node | null | undefined, message: string): PolicyFault {
    return this.offset(node?.range?.[0] ?? 0, message);
  }

  at(path: Path, message: string): PolicyFault {
    for (let length = path.length; length > 0; length -= 1) {
      const node = nodeAt(this.#document, path.slice(0, length));
      if (node !== null) return this.node(node, message);
    }
    return this.node(this.#document.contents, message);
  }

  atKey(path: Path, key: string, message: string): PolicyFault {
    const node = nodeAt(this.#document, path);
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    const pair = isMap(target) ? pairOf(target.items, key) : undefined;
    return isNode(pair?.key) ? this.node(pair.key, message) : this.at(path, message);
  }
}

/** The first line of a message of the parser, without its drawing of the place. */
function headline(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}

function unknownAliases(document: Document, places: Places): PolicyFault[] {
  const faults: PolicyFault[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      faults.push(places.node(alias, `no anchor &${alias.source} stands before *${alias.source}`));
    },
  });
  return faults;
}

function nothing(message: string): PolicyText {
  const fault: PolicyFault = { line: 1, column: 1, message };
  return {
    value: undefined,
    faults: [fault],
    at: (_, text) => ({ ...fault, message: text }),
    atKey: (_, __, text) => ({ ...fault, message: text }),
  };
}

function read(text: string): PolicyText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
  });
  const places = new Places(document, lines);
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) =>
    places.offset(pos[0], headline(message)),
  );
  faults.push(...unknownAliases(document, places));
  const value: unknown =
    faults.length > 0 ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES });
  return {
    value,
    faults,
    at: (path, message) => places.at(path, message),
    atKey: (path, key, message) => places.atKey(path, key, message),
  };
}

/** Reads YAML 1.2 (core schema). Anything that is no YAML, or grows without measure, is a fault. */
export function readPolicyText(text: string): PolicyText {
  if (text.length > MAX_LENGTH) {
    return nothing(`the file has ${text.length} characters; ${MAX_LENGTH} are allowed`);
  }
  try {
    return read(text);
  } catch (thrown) {
    // The parser throws for too many aliases, and runs out of stack for thousands of brackets.
    return nothing(thrown instanceof RangeError ? 'it is nested too deeply' : messageOf(thrown));
  }
}
