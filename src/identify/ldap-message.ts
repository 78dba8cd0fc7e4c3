import { type BerElement, ber, berInteger, berNumber, readBer } from './ber.ts';
import { bytesOf, utf8Text } from './bytes.ts';
import { clip, clipList } from './dialogue.ts';

const SEARCH = 0x63;
const SEARCH_ENTRY = 0x64;

/** An LDAPMessage (RFC 4511 §4.1.1). */
export function ldapMessage(id: number, operation: Uint8Array): Uint8Array {
  return ber(0x30, berInteger(id), operation);
}

/** A search of one object, filter (objectClass=*), time limit 5 s (RFC 4511 §4.5.1). */
export function searchRequest(id: number, base: string, attributes: readonly string[]): Uint8Array {
  const wanted = attributes.map((name) => ber(0x04, bytesOf(name)));
  const limits = [berInteger(0, 0x0a), berInteger(0, 0x0a), berInteger(1), berInteger(5)];
  return ldapMessage(
    id,
    ber(
      SEARCH,
      ber(0x04, bytesOf(base)),
      ...limits,
      ber(0x01, Uint8Array.of(0)),
      ber(0x87, bytesOf('objectClass')),
      ber(0x30, ...wanted),
    ),
  );
}

export interface LdapMessage {
  readonly id: number;
  /** Tag byte of the operation: 0x64 entry, 0x65 done, 0x78 extended response. */
  readonly operation: number;
  readonly body: BerElement;
}

/** Reads one LDAPMessage (RFC 4511 §4.1.1); null when it is none. */
export function readLdapMessage(bytes: Uint8Array): LdapMessage | null {
  const envelope = readBer(bytes);
  if (envelope?.tag !== 0x30 || envelope.children[0]?.tag !== 0x02) return null;
  const id = berNumber(envelope.children[0]);
  const body = envelope.children[1];
  const known = body && body.tag >= 0x61 && body.tag <= 0x79;
  return id === undefined || id < 0 || !known ? null : { id, operation: body.tag, body };
}

export type Attributes = ReadonlyMap<string, readonly string[]>;

/** Reads the attributes of a SearchResultEntry; names in lower case. */
export function readEntry(bytes: Uint8Array): Attributes | null {
  const body = readLdapMessage(bytes)?.body;
  if (body?.tag !== SEARCH_ENTRY) return null;
  const found = new Map<string, readonly string[]>();
  for (const { children } of clipList(body.children[1]?.children ?? [])) {
    const name = utf8Text(children[0]?.content ?? new Uint8Array(0)).toLowerCase();
    const values = clipList(children[1]?.children ?? []);
    found.set(
      name,
      values.map(({ content }) => clip(utf8Text(content))),
    );
  }
  return found;
}
