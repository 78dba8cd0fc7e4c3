/** The first bytes a peer sent, kept whether or not they were understood. */
export interface Raw {
  /** At most 4,096 bytes, base64 (RFC 4648). */
  readonly base64: string;
  /** The same bytes for people: printable ASCII, everything else as `\xNN`, `\r`, `\n`. */
  readonly text: string;
}

/** One X.509 certificate as presented by a peer (RFC 5280). Times are ISO 8601 UTC. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and IP addresses of subjectAltName, in order. */
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  /** `rsa`, `ec`, `ed25519`… */
  readonly keyType: string;
  /** Modulus bits for RSA, field bits for EC; absent where the key type has one size. */
  readonly keyBits?: number;
  readonly selfSigned: boolean;
  /** SHA-256 over the DER form, lower-case hex without separators. */
  readonly sha256: string;
}

export const TLS_VERSIONS = ['SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** What the TLS layer of a port showed. */
export interface TlsDetails {
  /** Set when TLS was entered by a command of the inner protocol (STARTTLS, RFC 3207 and others). */
  readonly startTls: boolean;
  /** The version our session negotiated. */
  readonly version: TlsVersion;
  /** Every version the peer accepted when asked for that one alone; absent when not asked. */
  readonly versions?: readonly TlsVersion[];
  /** IANA or OpenSSL name of the negotiated cipher suite. */
  readonly cipher: string;
  /** ALPN protocol the peer chose (RFC 7301). */
  readonly alpn?: string;
  /** Leaf first; empty when the peer presented none. */
  readonly chain: readonly Certificate[];
  /** Whether the leaf covers the name we asked for (RFC 6125); absent when no name was known. */
  readonly nameMatches?: boolean;
  /** The peer asked for a client certificate. */
  readonly clientCertificateRequested?: boolean;
}

/**
 * Detail fields that mean the same in every protocol that has them; `judge/` reads these.
 * @public
 */
export interface CommonDetails {
  /** False: it serves anybody who connects. True: it asks for credentials. Absent: not known. */
  readonly authRequired?: boolean;
  /** It takes a password over an unencrypted connection. */
  readonly clearTextLogin?: boolean;
  /** STARTTLS, AUTH TLS, STLS or the protocol's own switch to TLS is offered. */
  readonly startTls?: boolean;
}

/** What answers on an open port. `protocol` is `unknown` when bytes came but no plugin knew them. */
export interface Service {
  /** Plugin name (`redis`, `https`) or `unknown`. */
  readonly protocol: string;
  readonly product?: string;
  readonly version?: string;
  /** CPE 2.3 formatted string (NISTIR 7695). */
  readonly cpe?: string;
  readonly tls?: TlsDetails;
  /** The plugin's own fields; their schema is the plugin's `details`. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly raw?: Raw;
}
