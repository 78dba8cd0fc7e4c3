import { createHash, randomBytes } from 'node:crypto';

/** Bytes of chance in a link, a key or an agent's token: nobody guesses or collides 256 bits. */
const BYTES = 32;

/** What an API key begins with, so that scanners of secrets know one. */
export const KEY_PREFIX = 'pst_';

/** A secret to be shown once; the store has only its `hashOf`. */
export function newSecret(prefix = ''): string {
  return prefix + randomBytes(BYTES).toString('base64url');
}

/**
 * SHA-256, hex: what a secret is looked up by. A secret of 256 random bits needs no slow hash, and a
 * look-up by hash tells nothing by its time, as who asks cannot choose how the hash begins.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
