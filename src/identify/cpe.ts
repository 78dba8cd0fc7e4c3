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
 * device (`h`). Without a version the attribute is `*` (any).
 */
export function cpe23(
  vendor: string,
  product: string,
  version?: string,
  part: 'a' | 'o' | 'h' = 'a',
): string {
  const shown = version === undefined || version === '' ? '*' : attribute(version);
  return `cpe:2.3:${part}:${attribute(vendor)}:${attribute(product)}:${shown}:*:*:*:*:*:*:*`;
}
