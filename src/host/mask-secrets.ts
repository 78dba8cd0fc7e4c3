/** What stands for a secret. */
const MASK = '***';
/** Longest command line that is kept, in characters: some hold whole programs. */
const MAX_COMMAND = 1024;
/** Longest that is looked through. */
const MAX_READ = 16_384;

/** Words that make an option or variable a secret one, wherever they stand in its name. */
const SECRET_WORD = 'pass(?:word|wd|phrase)?|pwd|secret|token|credential|api-?_?key|access-?_?key';
/** Words that do so only at the end: `--key`, `masterauth`, `-setcookie`, but not `--keepalive`, `--cookie-domain`. */
const SECRET_END = 'key|auth|pin|psk|cookie';
/** A name like these tells where the secret is, not what. */
const PLACE = /(?:file|path|dir|folder|url|store|length|size|type|timeout|ttl|policy)s?$/i;
const NAME = new RegExp(`(?:${SECRET_WORD})|(?:${SECRET_END})s?$`, 'i');

/** `NAME=`, `--name=`, `/name:`, `"name":`, also inside a longer text. */
const NAMED = /([\w.-]{1,64})(["']?\s{0,2}[=:]\s{0,2})/g;
const VALUE = /"[^"]{0,1024}"|'[^']{0,1024}'|[^\s"'&;,]{1,1024}|\S{1,1024}/y;
/** An argument that is nothing but an assignment: all behind the sign is the value. */
const ASSIGNMENT = /^([-/]{0,2}([\w.-]{1,64})[=:])./s;
/** `--name value` inside one text. */
const SPACED = /(^|\s)(--?[\w.-]{1,64})(\s{1,4})("[^"]{0,1024}"|[^\s"-][^\s"]{0,1024})/g;
/** The password of `scheme://user:password@host` (RFC 3986 §3.2.1). */
const USERINFO = /(\b[a-z][a-z\d+.-]{0,31}:\/\/[^\s/:@]{0,256}:)[^\s/]{1,1024}@/gi;
const BEARER = /\b(bearer|basic)\s{1,4}[\w.~+/=-]{8,2048}/gi;

/** A command line for people, its secrets masked, from its arguments. */
export function maskArguments(args: readonly string[]): string {
  const masked: string[] = [];
  let length = 0;
  for (const [index, arg] of args.entries()) {
    if (length > MAX_COMMAND) break;
    const previous = args[index - 1];
    const isValue = previous !== undefined && asksForSecret(previous) && !arg.startsWith('-');
    const text = isValue ? MASK : maskArgument(arg);
    masked.push(text);
    length += text.length + 1;
  }
  return shorten(masked.join(' '));
}

/** The same from one text, as Windows keeps it. */
export function maskCommand(command: string): string {
  return shorten(maskText(command));
}

function maskArgument(arg: string): string {
  const [, start, name] = ASSIGNMENT.exec(arg) ?? [];
  const isSecret = start !== undefined && name !== undefined && isSecretName(name);
  return isSecret ? start + MASK : maskText(arg);
}

function maskText(text: string): string {
  const part = text
    .slice(0, MAX_READ)
    .replace(USERINFO, `$1${MASK}@`)
    .replace(BEARER, `$1 ${MASK}`)
    .replace(SPACED, (whole, before, name, space) =>
      asksForSecret(name) ? `${before}${name}${space}${MASK}` : whole,
    );
  return maskNamed(part);
}

function maskNamed(text: string): string {
  let masked = '';
  let from = 0;
  for (const match of text.matchAll(NAMED)) {
    VALUE.lastIndex = match.index + match[0].length;
    if (match.index < from || !isSecretName(match[1] ?? '') || !VALUE.test(text)) continue;
    masked += text.slice(from, match.index) + match[0] + MASK;
    from = VALUE.lastIndex;
  }
  return masked + text.slice(from);
}

/** Whether an argument is an option whose value stands behind it. */
function asksForSecret(arg: string): boolean {
  return /^-{1,2}[\w.-]{1,64}$/.test(arg) && isSecretName(arg);
}

function isSecretName(name: string): boolean {
  return NAME.test(name) && !PLACE.test(name);
}

function shorten(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim();
  return clean.length > MAX_COMMAND ? `${clean.slice(0, MAX_COMMAND)}…` : clean;
}
