/** A test of texts that are already in lower case. */
export type GlobTest = (text: string) => boolean;

/**
 * Reads a pattern in which `*` stands for any characters, none included. Case does not matter; the
 * text is to be given in lower case. A test steps at most length of text × number of `*`.
 */
export function readGlob(pattern: string): GlobTest {
  const wanted = pattern.toLowerCase();
  const [head = '', ...rest] = wanted.split('*');
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === wanted;
  return (text) => {
    if (text.length < head.length + tail.length) return false;
    if (!text.startsWith(head) || !text.endsWith(tail)) return false;
    return fitsInner(rest, text.slice(0, text.length - tail.length), head.length);
  };
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
