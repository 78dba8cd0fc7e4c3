import { afterAll, describe, expect, it } from 'vitest';
import { type Caller, ROLES, SCOPES } from '../../src/server/caller.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { type ApiDocument, type Operation, operationsOf } from '../helpers/api-document.ts';
import { PRIVATE } from '../helpers/api-samples.ts';
import { makeTenant, rowsOf, type TenantThings } from '../helpers/tenant-rows.ts';
import { person, testApi } from '../helpers/test-api.ts';
import { openTestStore } from '../helpers/test-store.ts';

const opened = await openTestStore();
const { store } = opened;
const api = testApi(store, ROUTES);
const document = (await api.ask('GET', '/openapi.json')).json as ApiDocument;
const operations = operationsOf(document);
const other = await makeTenant(store);

afterAll(() => opened.end());

/** Everybody who may ask about things of one tenant, and whether they belong to it. */
const EVERYBODY: Readonly<Record<string, (operation: Operation, tenant: string) => Caller | null>> =
  {
    nobody: () => null,
    viewer: (_, tenant) => person('viewer', tenant),
    operator: (_, tenant) => person('operator', tenant),
    admin: (_, tenant) => person('admin', tenant),
    'key with every scope but the one': ({ access }, tenant) => ({
      ...person('admin', tenant),
      scopes: SCOPES.filter((scope) => typeof access === 'string' || scope !== access.scope),
    }),
    'admin of another tenant': () => person('admin', other.tenant),
    'admin of the installation': () => person('admin', 'local'),
  };

/** What `x-access` of the document says; null: it is allowed. */
function refusal(caller: Caller | null, { access }: Operation): 401 | 403 | null {
  if (access === 'anyone') return null;
  // agents and the like have credentials of their own
  if (caller === null || typeof access === 'string') return 401;
  const roles: readonly string[] = ROLES;
  if (roles.indexOf(caller.role) < roles.indexOf(access.role)) return 403;
  if (!caller.scopes.some((scope) => scope === access.scope)) return 403;
  return access.installation === true && caller.tenant !== 'local' ? 403 : null;
}

async function answered(
  operation: Operation,
  things: TenantThings,
  who: { readonly caller: Caller | null } | { readonly token: string },
) {
  const body = operation.bodyFor(things);
  const path = operation.pathFor(things);
  const answer = await api.request(operation.method, path, {
    ...who,
    ...(body === undefined ? {} : { body }),
  });
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await answer.text();
  await answer.body?.cancel().catch(() => undefined);
  return { status: answer.status, text };
}

it.each(operations)('knows what to ask of $name', ({ missing }) => {
  expect(missing, 'give test/helpers/api-samples.ts a value for each').toEqual([]);
});

it('says of every operation whom it serves', () => {
  expect(operations.length).toBe(ROUTES.length);
  const known = (access: unknown): boolean =>
    ROUTES.some((route) => JSON.stringify(route.access) === JSON.stringify(access));
  for (const { name, access } of operations) expect(known(access), name).toBe(true);
});

describe.each(operations)('$name', (operation) => {
  it.each(Object.entries(EVERYBODY))('as %s', async (_, callerOf) => {
    const things = await makeTenant(store);
    const caller = callerOf(operation, things.tenant);
    const before = await rowsOf(store, things.tenant);
    const { status, text } = await answered(operation, things, { caller });
    const refused = refusal(caller, operation);
    // what anyone may ask is opened by what it brings
    const isForeign = operation.access !== 'anyone' && caller?.tenant !== things.tenant;
    const isSettled = refused !== null || (isForeign && !isInstallations(operation));
    if (isSettled) expect(await rowsOf(store, things.tenant)).toBe(before);
    if (refused !== null) expect(status).toBe(refused);
    else if (isForeign && !isInstallations(operation))
      expectNothingOf(things, operation, status, text);
    else if (PRIVATE.includes(operation.name) && caller?.role === 'operator')
      expect(status).toBe(404);
    else if (operation.method === 'GET') expect(status).toBe(operation.success);
    else expect([operation.success, 409, 422]).toContain(status);
  });

  it('as an agent', async () => {
    const things = await makeTenant(store);
    const before = await rowsOf(store, things.tenant);
    const { status } = await answered(operation, things, { token: things.agentToken });
    if (operation.access === 'agent' || operation.access === 'anyone') {
      expect([operation.success, 422]).toContain(status);
      return;
    }
    expect(status).toBe(401);
    expect(await rowsOf(store, things.tenant)).toBe(before);
  });
});

function isInstallations({ access }: Operation): boolean {
  return typeof access !== 'string' && access.installation === true;
}

function expectNothingOf(
  things: TenantThings,
  { isAboutThings, method, success }: Operation,
  status: number,
  text: string,
): void {
  if (isAboutThings) expect(status).toBe(404);
  else if (method === 'GET') expect(status).toBe(success);
  else expect([success, 409, 422]).toContain(status);
  const asked = isAboutThings ? [things.mark] : [things.mark, things.address, things.scan];
  for (const secret of asked) expect(text).not.toContain(secret);
}
