import type { TenantThings } from './tenant-rows.ts';

/**
 * Values for what an operation needs, so that every operation can be asked. A new path parameter, a
 * required query or a body that the schema alone does not tell needs a line here: the matrix test says
 * which.
 */

type Of<T> = (things: TenantThings) => T;

/** By the part of the path before the parameter, and its name. */
export const PATH_VALUES: Readonly<Record<string, Of<string>>> = {
  'hosts/{address}': ({ address }) => address,
  'scans/{id}': ({ scan }) => scan,
  'findings/{id}': ({ finding }) => finding,
};

/** Queries of operations that need one; they name things of a tenant. */
export const QUERIES: Readonly<Record<string, Of<Readonly<Record<string, string>>>>> = {
  'GET /diff': ({ scan }) => ({ from: scan, to: scan }),
};

/** Bodies that do what the operation is for. */
export const BODIES: Readonly<Record<string, Of<unknown>>> = {
  'POST /findings/{id}/accept': ({ mark }) => ({
    reason: mark,
    until: new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString(),
  }),
};
