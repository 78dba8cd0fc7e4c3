/** Components of a CPE 2.3 formatted string; a backslash takes the next character literally. */
function components(cpe: string): string[] {
  const found: string[] = [];
  let current = '';
  for (let at = 0; at < cpe.length; at += 1) {
    const character = cpe[at];
    if (character === '\\') current += `\\${cpe[++at] ?? ''}`;
    else if (character === ':') {
      found.push(current);
      current = '';
    } else current += character;
  }
  return [...found, current];
}

/** One component in URI form: `*` is empty, quoted punctuation is percent-encoded. */
function uriComponent(component: string): string {
  if (component === '*') return '';
  return component.replace(/\\(.)/gu, (_, quoted: string) => {
    if (quoted === '.' || quoted === '-' || quoted === '_') return quoted;
    return encodeURIComponent(quoted.replace(/\p{Surrogate}/u, '\ufffd'));
  });
}

/**
 * `cpe:2.3:a:redis:redis:7.0.15:*:…` as `cpe:/a:redis:redis:7.0.15`, the older form that nmap's XML
 * carries (NISTIR 7695, 6.1). Null for what is no CPE 2.3.
 */
export function cpeUri(cpe: string): string | null {
  const [scheme, version, ...parts] = components(cpe);
  if (scheme !== 'cpe' || version !== '2.3' || parts.length !== 11) return null;
  return `cpe:/${parts.slice(0, 7).map(uriComponent).join(':')}`.replace(/:+$/, '');
}
