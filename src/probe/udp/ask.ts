import type { Question } from './question.ts';

/** From one question to the next, and from a question to the same again, milliseconds: a burst of losses is over. */
const PAUSE_MS = 500;
const REPEAT_PAUSE_MS = 1000;
/** Answers are waited for this long after the last question, however near the host is, milliseconds. */
const LAST_WAIT_MS = 1000;

/** What came back for a port that turned out open. */
export interface Heard {
  readonly question: Question;
  /** Bytes of the question, and of all datagrams that came. */
  readonly sent: number;
  received: number;
  readonly payload: Uint8Array;
  readonly rttMs: number | undefined;
}

/** One port that is being asked. */
export interface Ask {
  readonly port: number;
  readonly token: number;
  readonly plan: readonly Question[];
  /** Datagrams sent so far: the next question is `plan[asked]`. */
  asked: number;
  sentAt: number;
  /** When its timer has something to say; earlier timers are stale. */
  due: number;
  heard: Heard | null;
  /** Asked again in a volley; `witness` is the port that is known to be closed. */
  role: 'first' | 'doubted' | 'witness';
}

/** How long to wait for an answer before the next step; `guess` is what round trips suggest. */
export function waitMs(ask: Ask, guess: number, timeoutMs: number): number {
  if (ask.role === 'witness') return guess;
  const next = ask.plan[ask.asked];
  if (next === undefined) return Math.min(timeoutMs, Math.max(guess, LAST_WAIT_MS));
  return Math.max(guess, next === ask.plan[ask.asked - 1] ? REPEAT_PAUSE_MS : PAUSE_MS);
}

/** The port that an answer is about: its sender's, or one whose question may be answered from anywhere. */
export function findAsk(
  asks: ReadonlyMap<number, Ask>,
  port: number,
  payload: Uint8Array,
): Ask | undefined {
  const own = asks.get(port);
  if (own !== undefined) return own;
  for (const ask of asks.values()) {
    const asked = ask.plan.slice(0, ask.asked);
    const fits = asked.some(
      (question) =>
        question.fromAnyPort === true && question.answers?.(payload, ask.token) === true,
    );
    if (fits) return ask;
  }
  return undefined;
}

/** Which of the questions asked so far an answer belongs to; the last one when none claims it. */
export function answered(ask: Ask, payload: Uint8Array): Question {
  const asked = ask.plan.slice(0, ask.asked).reverse();
  const claimed = asked.find((question) => question.answers?.(payload, ask.token) === true);
  const [last] = claimed === undefined ? asked : [claimed];
  if (last === undefined) throw new Error('an answer to no question');
  return last;
}
