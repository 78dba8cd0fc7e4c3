import { problem } from '../model/errors.ts';
import type { Store } from '../store/open.ts';
import { agentByHash } from '../store/queries/agents.ts';
import { hashOf, newSecret } from './auth/secrets.ts';
import type { Caller } from './caller.ts';

/** What each kind of token begins with: people and scanners for leaked secrets know it by that. */
const PREFIXES = { enrolment: 'pse_', agent: 'psa_' } as const;

/** A new token, and what is stored of it. */
export function newToken(kind: keyof typeof PREFIXES): { token: string; hash: string } {
  const token = newSecret(PREFIXES[kind]);
  return { token, hash: hashOf(token) };
}

/** The agent whose token a request carries; null: none. Throws AGENT_REVOKED. */
export async function agentCaller(
  store: Store,
  authorization: string | undefined,
): Promise<Caller | null> {
  const token = /^Bearer (psa_[\w-]{43})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return null;
  const agent = await store.read((db) => agentByHash(db, hashOf(token)));
  if (agent === undefined) return null;
  const { tenant, id, name, revoked_at } = agent;
  if (revoked_at !== null) throw problem('AGENT_REVOKED', { value: name });
  return { tenant, actor: `agent:${id}`, name, role: 'viewer', scopes: [], agent: id };
}
