import { z } from 'zod';
import { receiveWhole } from '../dialogue.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: it chose "no authentication": an open proxy for whoever reaches it'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('It chose user name and password (RFC 1929) on a connection without TLS'),
  method: z.enum(['none', 'gssapi', 'password', 'refused']).describe('Answer to our methods'),
});
type Details = z.infer<typeof details>;

/** Methods offered (RFC 1928 §3): no authentication, GSSAPI, user name and password. */
const GREETING = Uint8Array.of(5, 3, 0, 1, 2);

const METHODS: Readonly<Record<number, Details['method']>> = {
  0: 'none',
  1: 'gssapi',
  2: 'password',
  255: 'refused',
};

/** Reads a method selection: exactly two bytes, version 5 and one of the methods offered. */
export function readMethodSelection(bytes: Uint8Array): Details['method'] | null {
  const [version, method] = bytes;
  if (bytes.length !== 2 || version !== 5 || method === undefined) return null;
  return METHODS[method] ?? null;
}

/** Offers methods and reads the choice. Nothing is ever connected to through the proxy. */
export const socks5 = defineProtocol({
  name: 'socks5',
  title: 'SOCKS 5',
  transport: 'tcp',
  over: 'tcp',
  ports: [1080, 1081, 9050, 9150],
  manners: 'ask',
  details,

  recognises: (bytes) => readMethodSelection(bytes) !== null,

  async identify(talk) {
    talk.send(GREETING);
    // Everything that came is claimed: a longer answer is another protocol's.
    const bytes = await receiveWhole(talk, (buffered) =>
      buffered.length < 2 ? null : buffered.length,
    );
    const method = bytes && readMethodSelection(bytes);
    if (!method) return null;
    const chosen = method !== 'refused';
    return {
      details: present({
        method,
        authRequired: chosen ? method !== 'none' : undefined,
        clearTextLogin: chosen && talk.tls === undefined ? method === 'password' : undefined,
      }),
    };
  },
});
