/** Characters that NISTIR 7695 lets stand unquoted in a formatted string's attribute. */
const PLAIN = /^[a-z0-9_.-]$/;

function attribute(text: string): string {
  let quoted = '';
  for (const character of text.toLowerCase().replace(/\s+/g, '_')) {
    quoted += PLAIN.test(character) ? character : `\\${character}`;
  }
  return quoted;
}

/**
 * CPE 2.3 formatted string (NISTIR 7695 §6.2) of an application (`a`), operating system (`o`) or
 * device (`h`). Without a version or update (`p1` of OpenSSH 9.2p1) the attribute is `*` (any).
 */
export function cpe23(
  vendor: string,
  product: string,
  version?: string,
  part: 'a' | 'o' | 'h' = 'a',
  update?: string,
): string {
  const shown = [vendor, product, version ?? '', update ?? ''].map((text) =>
    text === '' ? '*' : attribute(text),
  );
  return `cpe:2.3:${part}:${shown.join(':')}:*:*:*:*:*:*`;
}
