/**
 * Ends with the first of `signals`, or after `ms`. Node 20 forgets the time of
 * `AbortSignal.any([AbortSignal.timeout(ms)])` when memory is collected, because nothing holds a timeout that
 * has no listener of its own (nodejs/node#57736): a peer that stalls would then be waited for without end.
 */
export function within(ms: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  timeout.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([...signals, timeout]);
}
