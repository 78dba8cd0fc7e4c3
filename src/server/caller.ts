/** What somebody may do in a tenant; each role includes those before it. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be used for; its role still bounds it. */
export const SCOPES = ['read', 'scan', 'findings', 'settings', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks: a signed-in person or an API key. The only source of a tenant's id in a request. */
export interface Caller {
  readonly tenant: string;
  /** For the audit log: `user:…` or `key:…`. */
  readonly actor: string;
  /** For people. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Of a signed-in person; a key has none. */
  readonly session?: { readonly id: string; readonly user: string };
}

/**
 * What a route asks of its caller. `installation`: an admin of the tenant of the installation itself,
 * who sees to other tenants. `anyone` needs no sign-in.
 */
export type Access =
  | 'anyone'
  | { readonly role: Role; readonly scope: Scope; readonly installation?: true };

/** The tenant of the installation: that of the command line, and of who signs up first. */
export const INSTALLATION = 'local';

/** What a caller lacks for a route; null: nothing. */
export function lacks(caller: Caller, access: Access): 'role' | 'scope' | 'installation' | null {
  if (access === 'anyone') return null;
  if (ROLES.indexOf(caller.role) < ROLES.indexOf(access.role)) return 'role';
  if (!caller.scopes.includes(access.scope)) return 'scope';
  if (access.installation === true && caller.tenant !== INSTALLATION) return 'installation';
  return null;
}
