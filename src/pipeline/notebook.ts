import type { PosternError } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Problem } from '../model/scan.ts';
import { addressAt } from '../targets/address.ts';
import { type Leaf, readTargets } from '../targets/read.ts';
import type { Placed } from '../targets/target.ts';
import type { LookRequest } from './look.ts';
import type { HostResult } from './scan.ts';

/** Problems kept word for word; a file with a million bad lines has as many. */
const MAX_PROBLEMS = 1000;

export type TargetRequest = Pick<LookRequest, 'targets' | 'stdin' | 'signal' | 'journal'>;

/** What is noted on the way and goes into the report. */
export class Notebook {
  readonly #onProblem: LookRequest['onProblem'];
  readonly problems: Problem[] = [];
  readonly targets: string[] = [];
  /** Addresses that the user wrote one by one. */
  readonly written = new Set<string>();
  /** What kinds of addresses were handed to the engine. */
  readonly given = { loopback: false, others: false };

  constructor(onProblem: LookRequest['onProblem']) {
    this.#onProblem = onProblem;
  }

  target(target: Leaf): void {
    this.targets.push(target.text);
    const [block] = target.kind === 'address' ? target.blocks : [];
    if (block !== undefined) this.written.add(addressAt(block, 0));
  }

  problem({ code, message }: Problem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ code, message });
    this.#onProblem({ code, message });
  }

  /** Silent addresses of a block are counted in `stats.hosts` and not listed: a /8 has 16 million. */
  isWorthListing({ answered, host }: HostResult): boolean {
    return answered || host.names.length > 0 || this.written.has(host.address);
  }
}

/** The targets with their files read; what is no target becomes a problem and the rest goes on. */
export async function* targetsOf(
  request: TargetRequest,
  notebook: Notebook,
): AsyncGenerator<Placed<Leaf>> {
  const { targets, stdin, signal, journal } = request;
  for (const found of journal?.problems ?? []) notebook.problem(found);
  const onProblem = (found: PosternError) => notebook.problem(found);
  const read = { ...(stdin === undefined ? {} : { stdin }), signal, onProblem };
  for await (const placed of journal?.targets() ?? readTargets(targets, read)) {
    notebook.target(placed.target);
    yield placed;
  }
}

/** Notes what kinds of addresses go to the engine. */
export async function* noting(
  addresses: AsyncIterable<string>,
  notebook: Notebook,
): AsyncGenerator<string> {
  for await (const address of addresses) {
    notebook.given[isLoopback(address) ? 'loopback' : 'others'] = true;
    yield address;
  }
}
