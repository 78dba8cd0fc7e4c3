import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problem } from '../model/errors.ts';
import type { Place } from './open.ts';

/** Keeps secrets out of the store's file, backups and dumps (AES-256-GCM, NIST SP 800-38D). */
export interface Sealer {
  seal(text: string): string;
  /** Throws SECRET_KEY when it was sealed with another key, or changed. */
  open(sealed: string): string;
  /** A key of its own for each purpose, hex (HMAC-SHA-256 of the name). */
  keyFor(purpose: string): string;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'sealed:1:';

/**
 * The key of an installation: POSTERN_SECRET (64 hexadecimal digits), else the file `secret.key` beside
 * the store, made when there is none. A store in PostgreSQL has it in `folder`. Throws SECRET_KEY.
 */
export function openSealer(
  place: Place,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Sealer {
  const given = env['POSTERN_SECRET'];
  const path = join('file' in place ? dirname(place.file) : folder, 'secret.key');
  const text = given === undefined || given === '' ? readOrMake(path) : given;
  if (!/^[0-9a-f]{64}$/i.test(text.trim())) {
    const value = given === undefined || given === '' ? path : 'POSTERN_SECRET';
    throw problem('SECRET_KEY', { value, problem: 'it is not 64 hexadecimal digits' });
  }
  return sealerOf(Buffer.from(text.trim(), 'hex'));
}

export function sealerOf(key: Buffer): Sealer {
  return {
    seal: (text) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open: (sealed) => {
      try {
        if (!sealed.startsWith(PREFIX)) throw new Error('it is not sealed');
        const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64');
        const tagAt = IV_BYTES + TAG_BYTES;
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAuthTag(bytes.subarray(IV_BYTES, tagAt));
        return Buffer.concat([decipher.update(bytes.subarray(tagAt)), decipher.final()]).toString();
      } catch {
        // without the cause, which may quote what was sealed
        throw problem('SECRET_KEY', {
          value: 'a secret of the store',
          problem: 'it was sealed with another key',
        });
      }
    },
    keyFor: (purpose) => createHmac('sha256', key).update(purpose).digest('hex'),
  };
}

function readOrMake(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw problem('SECRET_KEY', { value: path, problem: String(error) }, error);
    }
  }
  make(path);
  return readFileSync(path, 'utf8');
}

/** Whole or not at all: of two processes that start at once both read the key of one. */
function make(path: string): void {
  const beside = `${path}.${process.pid}`;
  try {
    const file = openSync(beside, 'wx', 0o600);
    writeSync(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    fsyncSync(file);
    closeSync(file);
    linkSync(beside, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw problem('SECRET_KEY', { value: path, problem: String(error) }, error);
  } finally {
    rmSync(beside, { force: true });
  }
}
