import { z } from 'zod';
import { latin1Text } from './bytes.ts';
import { cpe23 } from './cpe.ts';
import { type HttpResponse, readHttpResponse } from './http-message.ts';

/** Detail fields that applications behind HTTP share; the judge reads them. */
export const accessDetails = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('True when it asks for credentials, false when it serves anybody'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('True when a password is asked for on a connection without TLS'),
});

export interface Named {
  readonly product: string;
  readonly version?: string;
  readonly cpe: string;
}

/** Product, version and CPE of an application; `cpe` is the NVD's `vendor:product`. */
export function named(product: string, cpe: string, version?: string): Named {
  const [vendor = '', name = ''] = cpe.split(':');
  const known = version === undefined || version === '' ? undefined : version.slice(0, 64);
  return {
    product,
    ...(known !== undefined && { version: known }),
    cpe: cpe23(vendor, name, known),
  };
}

/** Runs a test over bytes that may be an HTTP response, for `recognises`. */
export function responseIs(test: (response: HttpResponse) => boolean) {
  return (bytes: Uint8Array): boolean => {
    const response = readHttpResponse(bytes);
    return response !== null && test(response);
  };
}

/** Go's own answer to an unknown path; many daemons of the container world give it to GET /. */
export function isGoNotFound(response: HttpResponse): boolean {
  const text = '404 page not found';
  const begins = latin1Text(response.body.subarray(0, text.length)) === text;
  return response.status === 404 && begins;
}
