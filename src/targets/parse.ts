import { blockOf, parseAddress } from './address.ts';
import { parseHostName } from './host-name.ts';
import { looksLikeV4, parseV4Notation } from './notation-v4.ts';
import { parseV6Notation } from './notation-v6.ts';
import type { Refusal, Target } from './target.ts';
import { isRefusal, refuse } from './target.ts';

/** Longest text read: a pasted URL; everything else is far shorter. */
const MAX_TEXT = 4096;

/**
 * Reads one target as a user writes it. Never throws. Of a URL and of `host:port` the host is
 * taken: the ports to look at are chosen with `-p`.
 */
export function parseTarget(text: string): Target | Refusal {
  if (text === '') return refuse('it is empty');
  if (text.length > MAX_TEXT) return refuse(`it is longer than ${MAX_TEXT} characters`);
  if (text === '-') return { kind: 'stdin', text };
  if (text.startsWith('@')) return parseFile(text);
  if (text.includes('://')) return parseUrl(text);
  if (text.startsWith('[')) return parseAuthority(text, text);
  if (text.indexOf(':') !== text.lastIndexOf(':')) return parseV6Notation(text);
  if (text.includes(':')) return parseAuthority(text, text);
  if (looksLikeV4(text)) return parseV4Notation(text);
  return parseName(text, text);
}

function parseFile(text: string): Target | Refusal {
  const path = text.slice(1);
  if (path === '') return refuse('there is no file name after "@"');
  return path.includes('\0')
    ? refuse('a file name holds no zero byte')
    : { kind: 'file', text, path };
}

/** The host is cut out by hand: `new URL` turns 010.0.0.1 into 8.0.0.1. */
function parseUrl(text: string): Target | Refusal {
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text);
  if (match === null) return refuse('what stands before "://" is no URL scheme');
  const authority = match[1] ?? '';
  return parseAuthority(text, authority.slice(authority.lastIndexOf('@') + 1));
}

/** `host`, `host:port`, `[address]`, `[address]:port` (RFC 3986 §3.2; zone as in RFC 6874). */
function parseAuthority(text: string, authority: string): Target | Refusal {
  if (authority.startsWith('[')) return parseBrackets(text, authority);
  const match = /^([^:]*)(?::[0-9]{0,5})?$/.exec(authority);
  if (match === null) return refuse('what follows ":" is no port number');
  const host = match[1] ?? '';
  if (host === '') return refuse('there is no host in it');
  const address = parseAddress(host);
  if (address !== null) return { kind: 'address', text, blocks: [blockOf(address)] };
  return parseName(text, host);
}

function parseBrackets(text: string, authority: string): Target | Refusal {
  const match = /^\[([^\]]*)\](?::[0-9]{0,5})?$/.exec(authority);
  if (match === null) return refuse('after "[" comes an IPv6 address, "]" and at most a port');
  const inner = parseV6Notation((match[1] ?? '').replace('%25', '%'));
  if (isRefusal(inner)) return inner;
  return inner.kind === 'address' ? { ...inner, text } : refuse('brackets hold one address only');
}

function parseName(text: string, host: string): Target | Refusal {
  if (host.includes('/')) return refuse('only an address takes a prefix length after "/"');
  const result = parseHostName(host);
  return isRefusal(result) ? result : { kind: 'name', text, name: result.name };
}
