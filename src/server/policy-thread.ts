import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { listed } from '../contract/faults.ts';
import { checkPolicy } from '../contract/policy.ts';
import type { PolicyAsked, PolicyTold } from './policy-check.ts';

/** Reads one policy in a thread of its own. */
if (parentPort !== null) {
  const [{ text, services }] = (await once(parentPort, 'message')) as [PolicyAsked];
  const { faults } = checkPolicy(text, services === undefined ? {} : { services });
  const told: PolicyTold = faults.length === 0 ? null : listed(faults, 'policy');
  parentPort.postMessage(told);
}
