/**
 * Whether `text` fits `pattern`, where `*` stands for any characters, none included. Case does not
 * matter. Steps at most length of text × length of pattern.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  const parts = wanted.split('*');
  const [head = ''] = parts;
  if (parts.length === 1) return given === wanted;
  const tail = parts.at(-1) ?? '';
  if (given.length < head.length + tail.length) return false;
  if (!given.startsWith(head) || !given.endsWith(tail)) return false;
  return fitsInner(parts.slice(1, -1), given.slice(0, given.length - tail.length), head.length);
}

/** Each part in turn at its earliest place: later places could only leave less room. */
function fitsInner(parts: readonly string[], text: string, from: number): boolean {
  let at = from;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return true;
}
