import type { Amplification } from './scan.ts';

/** An answer this many times as large as its question makes a port an amplifier. */
export const AMPLIFIES_FROM = 3;

interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/**
 * The bandwidth amplification factor (US-CERT TA14-017A: UDP payload bytes of the answer per byte of
 * the question) of the worst exchange; null when none reaches 3. An empty question counts as one byte.
 */
export function amplificationOf(exchanges: readonly Traffic[]): Amplification | null {
  const factors = exchanges.map(({ sent, received }) => {
    const factor = Math.round((received / Math.max(1, sent)) * 10) / 10;
    return { sent, received, factor };
  });
  const [worst] = factors.sort((a, b) => b.factor - a.factor);
  return worst === undefined || worst.factor < AMPLIFIES_FROM ? null : worst;
}
