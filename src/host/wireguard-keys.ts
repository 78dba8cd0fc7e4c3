import { generateKeyPairSync, randomBytes } from 'node:crypto';

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** New keys for a server and a client, and a key that both share (wg(8): genkey, pubkey, genpsk). */
export function makeWireguardKeys(): { server: KeyPair; client: KeyPair; preshared: string } {
  return { server: keyPair(), client: keyPair(), preshared: randomBytes(32).toString('base64') };
}

function keyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync('x25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const secret = Buffer.from(d, 'base64url');
  // the bits that RFC 7748, section 5, fixes; the public key is the same with and without
  secret[0] = (secret[0] ?? 0) & 248;
  secret[31] = ((secret[31] ?? 0) & 127) | 64;
  return {
    private: secret.toString('base64'),
    public: Buffer.from(x, 'base64url').toString('base64'),
  };
}
