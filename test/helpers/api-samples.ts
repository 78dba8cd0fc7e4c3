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
  'assets/{id}': ({ ids }) => ids.assets,
  'groups/{id}': ({ ids }) => ids.asset_groups,
  'schedules/{id}': ({ ids }) => ids.schedules,
  'jobs/{id}': ({ ids }) => ids.jobs,
  'channels/{id}': ({ ids }) => ids.channels,
  'alert-rules/{id}': ({ ids }) => ids.alert_rules,
  'outbox/{id}': ({ ids }) => ids.outbox,
  'agents/{id}': ({ ids }) => ids.agents,
  'grants/{grant}': ({ ids }) => ids.grants,
  'keys/{id}': ({ ids }) => ids.api_keys,
  'members/{id}': ({ member }) => member,
  'invitations/{id}': ({ invitation }) => invitation,
  'organizations/{id}': ({ tenant }) => tenant,
  'tenants/{tenant}': ({ tenant }) => tenant,
};

/** Queries of operations that need one; they name things of a tenant. */
export const QUERIES: Readonly<Record<string, Of<Readonly<Record<string, string>>>>> = {
  'DELETE /organizations/{id}': ({ mark }) => ({ name: mark }),
  'GET /diff': ({ scan }) => ({ from: scan, to: scan }),
};

/** Operations whose body, and nothing else, names things of a tenant. */
export const NAMED_IN_BODY: readonly string[] = ['PUT /me/organization'];

/** Operations on what only its maker (a viewer) and admins may see. */
export const PRIVATE: readonly string[] = ['DELETE /keys/{id}'];

/** Bodies that do what the operation is for. */
export const BODIES: Readonly<Record<string, Of<unknown>>> = {
  'POST /findings/{id}/accept': ({ mark }) => ({
    reason: mark,
    until: new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString(),
  }),
  'PUT /groups/{id}': ({ mark }) => ({ name: mark, labels: [], patterns: ['*'] }),
  'PATCH /schedules/{id}': ({ mark }) => ({ name: mark }),
  'PUT /me/organization': ({ tenant }) => ({ id: tenant }),
  'POST /agent/enrol': ({ enrolment }) => ({
    ...{ token: enrolment, host: 'host', system: 'linux', tool: 'postern 0.0.0' },
  }),
};
