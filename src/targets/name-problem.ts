import type { ErrorCode, PosternError } from '../model/errors.ts';
import { problem } from '../model/errors.ts';
import type { NameFailure } from '../net/dns.ts';

const CODES = {
  'not-found': 'NAME_NOT_FOUND',
  'no-address': 'NAME_NO_ADDRESS',
  inside: 'TARGET_NOT_GRANTED',
  timeout: 'NAME_TIMEOUT',
  server: 'NAME_SERVER_FAILURE',
} as const satisfies Record<NameFailure['kind'], ErrorCode>;

const WORDS: Readonly<Record<NameFailure['kind'], string>> = {
  'not-found': 'there is no such name',
  'no-address': 'it has no A or AAAA record',
  inside: 'it leads inside',
  timeout: 'no name server answered in time',
  server: 'the name servers failed',
};

/** The catalogued problem of a name that was a target. */
export function nameProblem(name: string, where: string, failure: NameFailure): PosternError {
  return problem(CODES[failure.kind], { where, value: name, problem: failure.detail });
}

/** The failure as a clause. */
export function describeFailure(failure: NameFailure): string {
  return failure.kind === 'server' ? failure.detail : WORDS[failure.kind];
}
