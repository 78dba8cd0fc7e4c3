import type { EngineKind } from '../../src/probe/engine.ts';
import type { Question } from '../../src/probe/udp/question.ts';

/** What an engine cannot know, with the reason why. */
export interface UdpEngineFacts {
  /** False: it cannot tell who sent an ICMP error, nor see those that may pass. */
  readonly readsIcmp: boolean;
}

export type UdpKind = (questions: readonly Question[]) => EngineKind;

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytes = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, 'latin1'));

/** Two questions for every port, told apart by their first letter. */
export const QUESTIONS: readonly Question[] = ['alpha', 'beta'].map((name) => ({
  name,
  ports: [],
  anywhere: true,
  payload: (token) => bytes(`${name} ${token}`),
  answers: (payload, token) => text(payload).startsWith(`${name} ${token}`),
}));
