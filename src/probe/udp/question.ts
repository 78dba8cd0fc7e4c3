/** One thing to say to a UDP port, to see whether something answers. */
export interface Question {
  /** Word of `DatagramFacts.question`: `snmp-v2c`. */
  readonly name: string;
  /** Ports it is asked on, before nothing else. */
  readonly ports: readonly number[];
  /** Also asked on ports that are in the list of no question. */
  readonly anywhere?: boolean;
  /**
   * The UDP payload, at most 1,472 bytes. `token` is a number of 32 bits that nobody else can
   * guess, the same each time for one port: identifiers are made of it.
   */
  payload(token: number): Uint8Array;
  /** Whether a payload answers this question and no other; absent: nobody can tell. Never throws. */
  answers?(payload: Uint8Array, token: number): boolean;
  /**
   * The answer comes from a port of the server's own choice (TFTP, RFC 1350 §4), and counts for the
   * port asked when `answers` says so.
   */
  readonly fromAnyPort?: boolean;
}

/** What is said where no question is known: some services answer anything. */
const EMPTY: Question = { name: 'empty', ports: [], payload: () => new Uint8Array(0) };

/** Which questions a port is asked, one after the other until something answers. */
export class Plans {
  readonly #byPort = new Map<number, readonly Question[]>();
  readonly #elsewhere: readonly Question[];

  /** Questions of a port come `attempts` times each; elsewhere each comes once, and at least `attempts` in all. */
  constructor(questions: readonly Question[], attempts: number) {
    const named = new Map<number, Question[]>();
    for (const question of questions) {
      for (const port of question.ports) {
        const known = named.get(port);
        if (known === undefined) named.set(port, [question]);
        else known.push(question);
      }
    }
    for (const [port, own] of named) this.#byPort.set(port, repeated(own, own.length * attempts));
    const anywhere = questions.filter((question) => question.anywhere === true);
    const some = anywhere.length === 0 ? [EMPTY] : anywhere;
    this.#elsewhere = repeated(some, Math.max(attempts, some.length));
  }

  /** Never empty. */
  of(port: number): readonly Question[] {
    return this.#byPort.get(port) ?? this.#elsewhere;
  }
}

function repeated(questions: readonly Question[], count: number): Question[] {
  return Array.from({ length: count }, (_, at) => questions[at % questions.length] ?? EMPTY);
}

/** Datagrams that one address gets if all of `ports` stay silent. */
export function mostDatagrams(
  questions: readonly Question[],
  ports: readonly number[],
  attempts: number,
): number {
  const plans = new Plans(questions, attempts);
  return ports.reduce((sum, port) => sum + plans.of(port).length, 0);
}
