import { readFile } from 'node:fs/promises';
import { messageOf, problem } from '../model/errors.ts';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { GlobalOptions } from './options.ts';

/** A policy as its file holds it. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** The file that `--policy` names; null without one. Throws POLICY_FILE. */
export async function readPolicy({ policy }: GlobalOptions): Promise<PolicyFile | null> {
  if (policy === undefined) return null;
  const text = await readFile(policy, 'utf8').catch((error: unknown) => {
    throw problem('POLICY_FILE', { value: policy, problem: messageOf(error) }, error);
  });
  return { path: policy, text };
}

/** The policy in a file, or the one that holds without. Throws POLICY_INVALID. */
export async function choosePolicy(file: PolicyFile | null): Promise<Policy> {
  if (file === null) return NO_POLICY;
  // its schema and the YAML reader take eight megabytes, which a scan without a policy saves
  const { loadPolicy } = await import('../contract/policy.ts');
  return loadPolicy(file.text, file.path, { services: await serviceNames() });
}

/** Every word a policy may use for what answers; loaded only when there is a policy. */
export async function serviceNames(): Promise<readonly string[]> {
  const { PROTOCOLS } = await import('../identify/registry.ts');
  const { DATAGRAM_PROTOCOLS } = await import('../identify/datagrams.ts');
  return [...PROTOCOLS, ...DATAGRAM_PROTOCOLS, ...KNOWN_PORTS].map(({ name }) => name);
}
