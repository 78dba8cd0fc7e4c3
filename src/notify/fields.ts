import { z } from 'zod';

/** `env:NAME` or `file:PATH` in place of a secret. */
export const REFERENCE = /^(env|file):(.+)$/s;

/** A secret, or where it is kept. Never shown, and taken out of every error. */
export function secret(description: string) {
  return z
    .string('write the secret, env:NAME or file:PATH')
    .min(1)
    .max(4096)
    .describe(`${description} May be \`env:NAME\` or \`file:PATH\`.`)
    .meta({ secret: true });
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** An http or https URL. */
export function webUrl(description: string) {
  return z
    .string()
    .max(2048)
    .refine(isWebUrl, 'this is no http or https URL')
    .describe(description)
    .meta({ destination: true });
}

/** The URL of a hook: whoever knows it can write there. */
export function secretUrl(description: string) {
  return z
    .string()
    .max(2048)
    .refine(
      (text) => REFERENCE.test(text) || isWebUrl(text),
      'this is no http or https URL, env:NAME or file:PATH',
    )
    .describe(`${description} May be \`env:NAME\` or \`file:PATH\`.`)
    .meta({ secret: true, destination: true });
}

/** A host by name or address. */
export function hostName(description: string) {
  return z
    .string()
    .regex(/^[A-Za-z0-9_.:[\]-]{1,253}$/, 'this is no host name or address')
    .describe(description)
    .meta({ destination: true });
}

export function portNumber(description: string) {
  return z.int().min(1).max(65_535).describe(description).meta({ destination: true });
}

/** A file of the machine that Postern runs on: not for those who only use a server. */
export function serverFile(description: string) {
  return z.string().min(1).describe(description).meta({ serverFile: true, destination: true });
}

/**
 * Decides too where a channel sends to, or how well the peer is known. The helpers above have the mark
 * where it is due. When such a field changes, secrets that the writer has not seen do not go along.
 */
export function destination<Field extends z.ZodType>(field: Field): Field {
  return field.meta({ destination: true });
}

/** Whether a field was made by `secret` or `secretUrl`. */
export function isSecret(field: z.core.$ZodType | undefined): boolean {
  return isMarked(field, 'secret');
}

export function isServerFile(field: z.core.$ZodType | undefined): boolean {
  return isMarked(field, 'serverFile');
}

/** Whether a change of the field sends secrets elsewhere. */
export function isDestination(field: z.core.$ZodType | undefined): boolean {
  return isMarked(field, 'destination');
}

function isMarked(field: z.core.$ZodType | undefined, mark: string): boolean {
  return field !== undefined && z.globalRegistry.get(innermost(field))?.[mark] === true;
}

/** The field inside optional() and default(). */
function innermost(field: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    field instanceof z.ZodExactOptional ||
    field instanceof z.ZodOptional ||
    field instanceof z.ZodDefault;
  return wrapped ? innermost(field.unwrap()) : field;
}
