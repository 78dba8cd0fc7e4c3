import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { listed } from '../contract/faults.ts';
import { checkPolicy } from '../contract/policy.ts';
import type { PolicyTold } from './policy-check.ts';

/** Reads one policy in a thread of its own. */
if (parentPort !== null) {
  const [text] = (await once(parentPort, 'message')) as [string];
  const { faults } = checkPolicy(text);
  const told: PolicyTold = faults.length === 0 ? null : listed(faults, 'policy');
  parentPort.postMessage(told);
}
