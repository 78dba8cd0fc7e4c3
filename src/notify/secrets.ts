import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { ChannelSetup } from '../contract/notify.ts';
import { messageOf, problem } from '../model/errors.ts';
import { isSecret, REFERENCE } from './fields.ts';

/** Settings with every secret in its place, and the secrets by themselves, to keep them unsaid. */
export interface Opened {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: readonly string[];
}

/** A key or a token; what is longer is the wrong file. */
const MAX_SECRET = 4096;

async function valueOf(kind: string, place: string, env: NodeJS.ProcessEnv): Promise<string> {
  const text = kind === 'env' ? env[place] : await readFile(place, 'utf8');
  if (text === undefined) throw new Error('the variable is not set');
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new Error('it is empty');
  if (value.length > MAX_SECRET) throw new Error('it is too long for a secret');
  return value;
}

/** Puts secrets in place of `env:NAME` and `file:PATH`. Throws NOTIFY_SECRET. */
export async function openSecrets(
  { name, settings }: ChannelSetup,
  schema: z.ZodObject,
  env: NodeJS.ProcessEnv,
): Promise<Opened> {
  const opened: Record<string, unknown> = { ...settings };
  const secrets: string[] = [];
  for (const [key, field] of Object.entries(schema.shape)) {
    const written = settings[key];
    if (!isSecret(field) || typeof written !== 'string') continue;
    const [, kind, place] = REFERENCE.exec(written) ?? [];
    let value = written;
    if (kind !== undefined && place !== undefined) {
      value = await valueOf(kind, place, env).catch((error: unknown) => {
        const values = { channel: name, reference: written, key, problem: messageOf(error) };
        throw problem('NOTIFY_SECRET', values);
      });
    }
    opened[key] = value;
    secrets.push(value);
  }
  return { settings: opened, secrets };
}

/** Peers echo what they were sent, also as base64 (SASL) or as part of a URL. */
function disguises(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // AUTH PLAIN has other bytes before it (RFC 4616 §2): any of three places in a group of them
  const within = [0, 1, 2].map((before) => inBase64(bytes, before));
  const path = URL.canParse(secret) ? new URL(secret).pathname : '';
  return [secret, bytes.toString('base64'), ...within, encodeURIComponent(secret), path].filter(
    (text) => text.length > 3,
  );
}

/** The characters that these bytes alone decide, where so many others stand before them. */
function inBase64(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

/** A text without any of the secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const hidden = secrets.flatMap(disguises).sort((a, b) => b.length - a.length);
  return hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
