import { z } from 'zod';
import { type BerElement, ber, berInteger, berNumber, readBer } from './ber.ts';
import { bytesOf, utf8Text } from './bytes.ts';
import { cpe23 } from './cpe.ts';
import { clip } from './dialogue.ts';
import { hexBytes } from './encode.ts';
import type { Identity } from './plugin.ts';
import { present } from './present.ts';

export const kerberosDetails = z.object({
  realm: z
    .string()
    .optional()
    .describe('Realm named in the error; absent where it only repeats ours'),
  errorCode: z.number().describe('KRB-ERROR error-code (RFC 4120 §7.5.9); 6: principal unknown'),
  errorText: z.string().optional().describe('KRB-ERROR e-text'),
  server: z.string().optional().describe('KRB-ERROR sname: krbtgt/EXAMPLE.ORG'),
});
export type KerberosDetails = z.infer<typeof kerberosDetails>;

/** Reserved by RFC 2606: no KDC can serve it, and no principal of it can be locked. */
const REALM = 'POSTERN.INVALID';
const KRB_ERROR = 0x7e;
const text = (value: string): Uint8Array => ber(0x1b, bytesOf(value));

function principal(type: number, ...parts: readonly string[]): Uint8Array {
  return ber(0x30, ber(0xa0, berInteger(type)), ber(0xa1, ber(0x30, ...parts.map(text))));
}

/** AS-REQ (RFC 4120 §5.4.1) without preauthentication for `postern@POSTERN.INVALID`, as it goes over UDP. */
export function asRequest(): Uint8Array {
  const ciphers = [18, 17, 20, 19, 23].map((etype) => berInteger(etype));
  const body = ber(
    0x30,
    ber(0xa0, hexBytes('0305 00 00000000')),
    ber(0xa1, principal(1, 'postern')),
    ber(0xa2, text(REALM)),
    ber(0xa3, principal(2, 'krbtgt', REALM)),
    ber(0xa5, ber(0x18, bytesOf('19700101000000Z'))),
    ber(0xa7, berInteger(1)),
    ber(0xa8, ber(0x30, ...ciphers)),
  );
  const fields = [ber(0xa1, berInteger(5)), ber(0xa2, berInteger(10)), ber(0xa4, body)];
  return ber(0x6a, ber(0x30, ...fields));
}

function stringOf(element: BerElement | undefined): string | undefined {
  const value = element?.children[0];
  return value && clip(utf8Text(value.content));
}

function principalOf(element: BerElement | undefined): string | undefined {
  const parts = element?.children[0]?.children[1]?.children[0]?.children;
  return (
    parts &&
    clip(
      parts
        .slice(0, 8)
        .map(({ content }) => utf8Text(content))
        .join('/'),
    )
  );
}

/** Reads a KRB-ERROR (RFC 4120 §5.9.1); null when it is none. */
export function readKrbError(bytes: Uint8Array): KerberosDetails | null {
  const message = readBer(bytes);
  const fields = message?.tag === KRB_ERROR ? message.children[0]?.children : undefined;
  if (!fields) return null;
  const byNumber = new Map(fields.map((field) => [field.tag - 0xa0, field]));
  const version = berNumber(byNumber.get(0)?.children[0]);
  const type = berNumber(byNumber.get(1)?.children[0]);
  const errorCode = berNumber(byNumber.get(6)?.children[0]);
  if (version !== 5 || type !== 30 || errorCode === undefined) return null;
  return present({
    realm: stringOf(byNumber.get(9)),
    errorCode,
    errorText: stringOf(byNumber.get(11)),
    server: principalOf(byNumber.get(10)),
  });
}

/** Leaves out what the server only repeats of our made-up names. */
function withoutEcho({ realm, server, ...rest }: KerberosDetails): KerberosDetails {
  return present({
    ...rest,
    realm: realm === REALM ? undefined : realm,
    server: server?.endsWith(`/${REALM}`) ? undefined : server,
  });
}

/** MIT's KDC puts its internal status there, CLIENT_NOT_FOUND; Heimdal a sentence, Windows nothing. */
function productOf({ errorText }: KerberosDetails) {
  if (!/^[A-Z]{2,20}_[A-Z_]{2,40}$/.test(errorText ?? '')) return {};
  return { product: 'MIT Kerberos', cpe: cpe23('mit', 'kerberos_5') };
}

/** What the error tells. */
export function kerberosIdentity(error: KerberosDetails): Identity<KerberosDetails> {
  return { ...productOf(error), details: withoutEcho(error) };
}
