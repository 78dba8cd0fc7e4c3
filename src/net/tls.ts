import { constants, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  type CipherNameAndProtocol,
  connect,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { Certificate, TlsDetails, TlsVersion } from '../model/service.ts';
import type { TlsOptions } from './conversation.ts';

/** Longest chain that is kept; peers have been seen to send hundreds of certificates. */
const MAX_CHAIN = 8;
const MAX_NAMES = 256;

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  SSLv3: 'SSLv3',
  TLSv1: 'TLSv1.0',
  'TLSv1.1': 'TLSv1.1',
  'TLSv1.2': 'TLSv1.2',
  'TLSv1.3': 'TLSv1.3',
};

/** `CN=a\nO=b` as node writes a distinguished name, on one line: `CN=a, O=b`. */
function nameLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ');
}

/** Entries of node's subjectAltName text (`DNS:a, IP Address:b, DNS:"quoted, name"`). */
export function readAltNames(text: string | undefined): string[] {
  const names: string[] = [];
  for (const part of (text ?? '').split(', ')) {
    const match = /^(?:DNS|IP Address):"?([^"]*)"?$/.exec(part);
    if (match?.[1] !== undefined && names.length < MAX_NAMES) names.push(match[1]);
  }
  return names;
}

function isoTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

function keyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined; // a key type this OpenSSL does not know
  }
}

const CURVE_BITS: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp256k1: 256,
  secp224r1: 224,
  secp384r1: 384,
  secp521r1: 521,
};

function keyBits(key: KeyObject | undefined): number | undefined {
  const details = key?.asymmetricKeyDetails;
  return details?.modulusLength ?? CURVE_BITS[details?.namedCurve ?? ''];
}

function isSelfSigned(certificate: X509Certificate, key: KeyObject | undefined): boolean {
  if (certificate.subject !== certificate.issuer || key === undefined) return false;
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

function describeCertificate(certificate: X509Certificate): Certificate {
  const key = keyOf(certificate);
  const bits = keyBits(key);
  return {
    subject: nameLine(certificate.subject),
    issuer: nameLine(certificate.issuer),
    names: readAltNames(certificate.subjectAltName),
    notBefore: isoTime(certificate.validFrom),
    notAfter: isoTime(certificate.validTo),
    keyType: key?.asymmetricKeyType ?? 'unknown',
    ...(bits === undefined ? {} : { keyBits: bits }),
    selfSigned: isSelfSigned(certificate, key),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** Null for DER that OpenSSL takes in a handshake and then cannot describe. */
function describeLeniently(certificate: X509Certificate): Certificate | null {
  try {
    return describeCertificate(certificate);
  } catch {
    return null;
  }
}

function covers(leaf: X509Certificate, serverName: string): boolean {
  try {
    return leaf.checkHost(serverName) !== undefined;
  } catch {
    return false; // a name that no certificate can have
  }
}

/** The certificates as presented, leaf first, as far as they can be read. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  try {
    collectChain(socket.getPeerCertificate(true), chain);
  } catch {
    return chain; // hostile DER must not become an uncaught exception in an event handler
  }
  return chain;
}

function collectChain(leaf: DetailedPeerCertificate | null, chain: X509Certificate[]): void {
  const seen = new Set<string>();
  let next: DetailedPeerCertificate | null | undefined = leaf;
  while (next?.raw !== undefined && chain.length < MAX_CHAIN && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256);
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
}

/** Facts of an established TLS session. */
function describeSession(
  socket: TLSSocket,
  serverName: string | undefined,
  startTls: boolean,
): TlsDetails {
  const chain = chainOf(socket);
  const leaf = chain[0];
  const alpn = socket.alpnProtocol;
  const cipher = socket.getCipher() as CipherNameAndProtocol | undefined;
  return {
    startTls,
    version: VERSIONS[socket.getProtocol() ?? ''] ?? 'TLSv1.2',
    cipher: cipher?.standardName ?? cipher?.name ?? 'unknown',
    ...(typeof alpn === 'string' ? { alpn } : {}),
    chain: chain.flatMap((certificate) => describeLeniently(certificate) ?? []),
    ...(leaf === undefined || serverName === undefined
      ? {}
      : { nameMatches: covers(leaf, serverName) }),
  };
}

/**
 * Facts of a handshake that the peer ended because it wants a client certificate: up to TLS 1.2 it
 * has shown its own by then. Undefined when it ended for another reason.
 */
function describeRefusal(
  socket: TLSSocket,
  error: unknown,
  serverName: string | undefined,
  startTls: boolean,
): TlsDetails | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.includes('ALERT')) return undefined;
  const details = describeSession(socket, serverName, startTls);
  return details.chain.length === 0 ? undefined : { ...details, clientCertificateRequested: true };
}

export interface Handshake extends TlsOptions {
  readonly serverName: string | undefined;
  readonly startTls: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Lets anything through that a peer may still speak (TLS 1.0, small keys, SHA-1, no secure
 * renegotiation): this is a look at the peer, no secret is sent.
 */
const PERMISSIVE: SecureContextOptions = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.3',
  ciphers: 'ALL:COMPLEMENTOFALL:@SECLEVEL=0',
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
  // no roots: nothing is verified, and a root the peer did not present must not join its chain
  ca: [],
};

let shared: SecureContext | undefined;

export interface Handshaken {
  readonly stream: TLSSocket;
  readonly details: TlsDetails;
  readonly refused?: undefined;
}

/** The peer speaks TLS, showed its certificate and ended the handshake: it wants ours. */
export interface Refused {
  readonly refused: TlsDetails;
}

/** Runs the client side of a TLS handshake over a connected socket. Never rejects; null: it failed. */
export function handshake(
  socket: Socket,
  options: Handshake,
): Promise<Handshaken | Refused | null> {
  const { serverName, alpn, startTls, timeoutMs, signal } = options;
  shared ??= createSecureContext(PERMISSIVE);
  const secureContext = shared;
  return new Promise((resolve) => {
    const stream = connect({
      socket,
      secureContext,
      rejectUnauthorized: false,
      ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', fail);
      stream.off('close', fail);
    };
    const fail = (reason?: unknown): void => {
      settle();
      const refused = describeRefusal(stream, reason, serverName, startTls);
      stream.destroy();
      resolve(refused === undefined ? null : { refused });
    };
    const timer = setTimeout(fail, timeoutMs);
    signal.addEventListener('abort', fail, { once: true });
    stream.on('error', fail); // stays attached for the life of the stream
    stream.once('close', fail);
    stream.once('secureConnect', () => {
      settle();
      resolve({ stream, details: describeSession(stream, serverName, startTls) });
    });
  });
}
