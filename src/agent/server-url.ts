import { problem } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';

/** Where the server is; `insecure`: http:// to another machine, which the user has allowed. */
export interface ServerPlace {
  readonly url: URL;
  readonly insecure: boolean;
}

/** Reads `https://HOST[:PORT][/PATH]`; http:// only to this machine, or where it is allowed. Throws AGENT_SERVER. */
export function readServer(text: string, allowHttp: boolean): ServerPlace {
  const failed = (trouble: string) => problem('AGENT_SERVER', { value: text, problem: trouble });
  if (!URL.canParse(text)) throw failed('it is no URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw problem('AGENT_SERVER', { value: url.host, problem: 'it holds a password' });
  }
  if (url.search !== '' || url.hash !== '') throw failed('it has a query or a fragment');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  if (url.protocol === 'https:') return { url, insecure: false };
  if (url.protocol !== 'http:') throw failed('it is not https://');
  if (isThisMachine(url.hostname)) return { url, insecure: false };
  if (!allowHttp) throw failed('http:// would show the token to everybody on the way');
  return { url, insecure: true };
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
