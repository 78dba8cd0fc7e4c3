import type { Policy } from '../model/policy.ts';
import type { FindingRule, VerdictRule } from './rule.ts';
import { amplifier } from './rules/amplifier.ts';
import { byPolicy } from './rules/by-policy.ts';
import { certificateTime } from './rules/certificate-time.ts';
import { certificateTrust } from './rules/certificate-trust.ts';
import { clearTextLogin } from './rules/clear-text-login.ts';
import { directoryListing } from './rules/directory-listing.ts';
import { endOfLife } from './rules/end-of-life.ts';
import { exposure } from './rules/exposure.ts';
import { openAccess } from './rules/open-access.ts';
import { originExposed } from './rules/origin-exposed.ts';
import { portNumber, webPort } from './rules/port-number.ts';
import { sharedEdge } from './rules/shared-edge.ts';
import { ssh } from './rules/ssh.ts';
import { strangerAccess } from './rules/stranger-access.ts';
import { tlsCipher } from './rules/tls-cipher.ts';
import { tlsVersion } from './rules/tls-version.ts';
import { unknown } from './rules/unknown.ts';
import { webApplication } from './rules/web-application.ts';
import { windows } from './rules/windows.ts';

/**
 * In order of precedence; the first answer is the verdict. The user's word comes first, then what
 * the service does, then what it is, and its port number last. Where the address is a shared edge's,
 * only what is served through it counts, not what is open there.
 */
export function verdictRules(policy: Policy): readonly VerdictRule[] {
  return [
    byPolicy(policy),
    openAccess,
    webApplication,
    sharedEdge,
    webPort,
    exposure,
    portNumber,
    unknown,
  ];
}

/** What is found beside the verdict; the order does not matter. */
export const FINDING_RULES: readonly FindingRule[] = [
  clearTextLogin,
  strangerAccess,
  amplifier,
  tlsVersion,
  tlsCipher,
  certificateTime,
  certificateTrust,
  ssh,
  windows,
  directoryListing,
  endOfLife,
  originExposed,
];

/** Faults of the machine that answers, which at a shared edge is the provider's. */
export const OF_THE_MACHINE: ReadonlySet<FindingRule> = new Set([ssh, windows]);
