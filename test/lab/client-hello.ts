/** ClientHello of DTLS 1.2 with one cipher suite and no cookie (RFC 6347 §4.2). */
export const DTLS_CLIENT_HELLO = Buffer.concat([
  Buffer.from('16feff0000000000000000003a', 'hex'),
  Buffer.from('0100002e000000000000002efefd', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('00000002c02f0100', 'hex'),
  Buffer.from('000400170000', 'hex'),
]);
