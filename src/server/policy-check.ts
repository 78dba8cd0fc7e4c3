import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { problem } from '../model/errors.ts';

/** A policy, and the words it may use for what answers; none: any. */
export interface PolicyAsked {
  readonly text: string;
  readonly services: readonly string[] | undefined;
}

/** What is wrong with a policy, as POLICY_INVALID tells it; null: nothing. */
export type PolicyTold = { readonly count: string; readonly faults: string } | null;

const AT_ONCE = 1;
const MOST_WAITING = 8;
const WITHIN_MS = 10_000;
const MEMORY_MB = 256;

/** Found from src/, from dist/ and from the bundle: the thread is an entry of the bundle. */
const THREAD = new URL('../../dist/program/policy-thread.js', import.meta.url);

const queue = pLimit(AT_ONCE);

/**
 * Reads a policy away from the event loop, which a text made for it would hold up for seconds. Throws
 * POLICY_INVALID with all its faults, API_TOO_MANY, API_SLOW.
 */
export async function checkPolicyText(text: string, services?: readonly string[]): Promise<void> {
  if (queue.pendingCount >= MOST_WAITING) throw problem('API_TOO_MANY', { value: 'policies' });
  const told = await queue(() => inThread({ text, services }));
  if (told !== null) throw problem('POLICY_INVALID', { value: 'policy', ...told });
}

async function inThread(asked: PolicyAsked): Promise<PolicyTold> {
  const thread = new Worker(THREAD, {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const signal = AbortSignal.timeout(WITHIN_MS);
  try {
    const heard = once(thread, 'message', { signal });
    // a server that stops does not wait for it; listening made it wait
    thread.unref();
    thread.postMessage(asked);
    const [told] = (await heard) as [PolicyTold];
    return told;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw problem('API_SLOW', { value: 'reading the policy', seconds: WITHIN_MS / 1000 }, error);
  } finally {
    await thread.terminate();
  }
}
