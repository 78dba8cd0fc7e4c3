import { createHash } from 'node:crypto';

/** 32 hexadecimal digits that stand for an id of any length and characters. */
export function shortHash(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32);
}
