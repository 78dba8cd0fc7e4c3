import { LOCAL } from '../store/open.ts';

/** What somebody may do in a tenant; each role includes those before it. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be used for; its role still bounds it. */
export const SCOPES = ['read', 'scan', 'findings', 'settings', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks: a signed-in person, an API key, or an agent. The only source of a tenant's id in a request. */
export interface Caller {
  readonly tenant: string;
  /** For the audit log: `user:…`, `key:…` or `agent:…`. */
  readonly actor: string;
  /** For people. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Of a signed-in person; a key has none. */
  readonly session?: { readonly id: string; readonly user: string };
  /** Id of the agent that it is, which may report and nothing else. */
  readonly agent?: string;
}

/**
 * What a route asks of its caller. `installation`: an admin of the tenant of the installation itself,
 * who sees to other tenants. `anyone` needs no sign-in; `agent`: only the
 * token of an agent opens it, and opens nothing else.
 */
export type Access =
  | 'anyone'
  | 'agent'
  | { readonly role: Role; readonly scope: Scope; readonly installation?: true };

/** What a caller lacks for a route; null: nothing. */
export function lacks(
  caller: Caller,
  access: Access,
): 'role' | 'scope' | 'installation' | 'agent' | null {
  if (access === 'anyone') return null;
  if ((access === 'agent') !== (caller.agent !== undefined)) return 'agent';
  if (access === 'agent') return null;
  if (ROLES.indexOf(caller.role) < ROLES.indexOf(access.role)) return 'role';
  if (!caller.scopes.includes(access.scope)) return 'scope';
  if (access.installation === true && caller.tenant !== LOCAL) return 'installation';
  return null;
}
