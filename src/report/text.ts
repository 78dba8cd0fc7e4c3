// Controls, format characters (bidirectional overrides among them), separators of lines and what
// is no character at all; the two joiners that scripts need stay.
const UNSAFE =
  /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;
/** Most texts are printable ASCII and need no look at each character's properties. */
const BEYOND_ASCII = /[^ -~]/;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeUnsafe(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return NAMED[character] ?? `\\x${code.toString(16).padStart(2, '0')}`;
  const isNone = (code >= 0xd800 && code <= 0xdfff) || (code & 0xfffe) === 0xfffe;
  if (isNone || (code >= 0xfdd0 && code <= 0xfdef)) return '\ufffd';
  return `\\u{${code.toString(16)}}`;
}

/**
 * Text on one line that no terminal, cell or XML reader takes for anything but text: control and
 * invisible characters are written as `\xNN` or `\u{NNNN}`, what is no character as U+FFFD.
 */
export function visible(text: string): string {
  return BEYOND_ASCII.test(text) ? text.replace(UNSAFE, escapeUnsafe) : text;
}

/** The first `max` UTF-16 units, with `…` in place of the rest. Never splits a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 2);
  const splits = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, splits ? max - 2 : max - 1)}…`;
}

/** `1 host`, `2 hosts`, `12,345 ports`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** Thousands separated by commas, at most one decimal. */
export function grouped(value: number): string {
  return numbers.format(value);
}

const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `<`, `>`, `&` and both quotes as character references, for XML and HTML alike. */
export function escapeMarkup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => MARKUP[character] ?? '');
}

/** A JSON value that is no object, as people write it: text without quotes. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
