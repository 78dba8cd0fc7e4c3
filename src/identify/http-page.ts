import { latin1Text, utf8Text } from './bytes.ts';
import { fieldOf, type HttpResponse } from './http-message.ts';

const MAX_TITLE = 1_024;
const MAX_TAGS = 512;
const MAX_TAG = 4_096;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  laquo: '«',
  raquo: '»',
  middot: '·',
  bull: '•',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
};

function codePoint(code: number, otherwise: string): string {
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    ? String.fromCodePoint(code)
    : otherwise;
}

/** Character references of HTML: numeric ones, and the named ones that titles use. */
export function withoutEntities(text: string): string {
  return text.replace(
    /&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});/g,
    (whole, name: string) => {
      if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
      const hex = name[1] === 'x' || name[1] === 'X';
      return codePoint(hex ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)), whole);
    },
  );
}

/** The body as text, by the charset of Content-Type, else UTF-8. */
export function bodyText(response: HttpResponse): string {
  const charset = /charset="?([\w-]{1,40})/i.exec(fieldOf(response, 'content-type') ?? '')?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return utf8Text(response.body);
  try {
    return new TextDecoder(charset).decode(response.body);
  } catch {
    return latin1Text(response.body);
  }
}

/** What a JSON text may begin with (RFC 8259 §2) behind a byte order mark and white space. */
const JSON_START = /^(?:\xef\xbb\xbf)?[\t\n\r ]*(?:[[{"\-\dtfn]|$)/;

/** The body as JSON, or undefined when it is none. */
export function bodyJson(response: HttpResponse): unknown {
  // every application asks this of every page: most are told apart without reading 64 KiB
  if (!JSON_START.test(latin1Text(response.body.subarray(0, 64)))) return undefined;
  try {
    return JSON.parse(utf8Text(response.body));
  } catch {
    return undefined;
  }
}

/** Offset of an ASCII word in any case; offsets stay those of the text (lower-casing may shift them). */
function indexOfWord(text: string, word: string, from = 0): number {
  const pattern = new RegExp(word, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

/** Content of the first `title` element, entities decoded, white space collapsed. */
export function titleOf(html: string): string | undefined {
  const open = indexOfWord(html, '<title');
  const start = open < 0 ? -1 : html.indexOf('>', open);
  if (start < 0) return undefined;
  const end = indexOfWord(html, '</title', start);
  const raw = html.slice(start + 1, Math.min(end < 0 ? html.length : end, start + 1 + MAX_TAG));
  const title = withoutEntities(raw).replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE);
  return title === '' ? undefined : title;
}

/** Attributes of a tag's inside, names in lower case; the first of a name holds. */
function attributesOf(inside: string): Map<string, string> {
  const found = new Map<string, string>();
  const pattern = /([a-zA-Z][\w:-]{0,63})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;
  for (const match of inside.matchAll(pattern)) {
    const name = match[1]?.toLowerCase() ?? '';
    if (!found.has(name)) found.set(name, match[2] ?? match[3] ?? match[4] ?? '');
  }
  return found;
}

/** Attributes of the first 512 start tags called `name` (lower case). */
export function tagsNamed(html: string, name: string): Map<string, string>[] {
  const tags: Map<string, string>[] = [];
  let at = indexOfWord(html, `<${name}`);
  while (at >= 0 && tags.length < MAX_TAGS) {
    const end = html.indexOf('>', at);
    if (end < 0) break;
    const inside = html.slice(at + name.length + 1, Math.min(end, at + MAX_TAG));
    if (/^[\s/]/.test(inside)) tags.push(attributesOf(inside));
    at = indexOfWord(html, `<${name}`, end);
  }
  return tags;
}

/** What `<meta name="generator">` says: `WordPress 6.4.2`. */
export function generatorOf(html: string): string | undefined {
  const meta = tagsNamed(html, 'meta').find(
    (tag) => tag.get('name')?.toLowerCase() === 'generator',
  );
  const content = withoutEntities(meta?.get('content') ?? '')
    .trim()
    .slice(0, MAX_TITLE);
  return content === '' ? undefined : content;
}

/** Whether the page has a field for a password. */
export function asksPassword(html: string): boolean {
  return tagsNamed(html, 'input').some((tag) => tag.get('type')?.toLowerCase() === 'password');
}
