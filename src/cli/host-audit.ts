import { randomUUID } from 'node:crypto';
import type { Layer } from '../firewall/layer.ts';
import type { AuditReport } from '../model/audit.ts';
import type { Policy } from '../model/policy.ts';
import type { InsideFacts } from '../pipeline/audit.ts';
import { lookInside } from '../pipeline/inside.ts';
import type { OutsideView } from '../pipeline/outside.ts';
import { readFirewallFile } from './firewall-files.ts';
import { choosePolicy, readPolicy } from './policy-file.ts';

/** What an audit of this host is judged by, and which firewalls stand before it. */
export interface AuditBasis {
  readonly policy: Policy;
  readonly before: readonly Layer[];
}

/** Throws POLICY_FILE, POLICY_INVALID, FIREWALL_*. */
export async function readBasis(options: {
  readonly policy?: string;
  readonly firewall?: readonly string[];
}): Promise<AuditBasis> {
  const policy = await choosePolicy(await readPolicy(options));
  const before = await Promise.all((options.firewall ?? []).map((path) => readFirewallFile(path)));
  return { policy, before };
}

/** Looks at this host and judges what is there. */
export async function auditHost(
  { policy, before }: AuditBasis,
  version: string,
  outsideOf: (facts: InsideFacts) => Promise<{ outside?: OutsideView }> = async () => ({}),
): Promise<AuditReport> {
  const looking = lookInside(before);
  // read while the firewalls' tools run
  const { audit } = await import('../pipeline/audit.ts');
  const facts = await looking;
  return audit({
    facts,
    ...(await outsideOf(facts)),
    policy,
    id: randomUUID(),
    tool: `postern ${version}`,
    at: new Date().toISOString(),
  });
}
