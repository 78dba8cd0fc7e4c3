/** What an error does to the exit code: `usage` 2, `partial` 3. */
export type Effect = 'usage' | 'partial';

interface Entry {
  /** `{name}` stands for a value given to `fail`. Names the value received. */
  readonly message: string;
  /** What the reader can do about it, one sentence. */
  readonly todo: string;
  readonly effect: Effect;
}

/**
 * Every expected failure. Codes are never reused or renamed: people search for them.
 * docs/errors.md is generated from this table.
 */
export const ERRORS = {
  TARGET_SYNTAX: {
    message:
      '{where}: "{value}" is not an IP address, CIDR block, range, host name, @file or - ({problem})',
    todo: 'Write 192.0.2.7, 192.0.2.0/24, 192.0.2.1-50, example.org, @hosts.txt or - for standard input.',
    effect: 'partial',
  },
  ENGINE_UNAVAILABLE: {
    message: 'engine "{engine}" cannot run here: {problem}',
    todo: 'Leave --engine out to let Postern choose, or use --engine connect.',
    effect: 'usage',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
export type ErrorValues<Code extends ErrorCode> = {
  readonly [Name in Placeholders<(typeof ERRORS)[Code]['message']>]: string | number;
};

/** An expected failure: `code` is stable, `message` names the value received, `todo` says what to do. */
export class PosternError extends Error {
  override readonly name = 'PosternError';
  readonly code: ErrorCode;
  readonly todo: string;
  readonly effect: Effect;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.todo = ERRORS[code].todo;
    this.effect = ERRORS[code].effect;
  }
}

/** Builds (does not throw) the error `code` with its placeholders filled. */
export function problem<Code extends ErrorCode>(
  code: Code,
  values: ErrorValues<Code>,
  cause?: unknown,
): PosternError {
  const given: Readonly<Record<string, string | number>> = values;
  const message = ERRORS[code].message.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(given[name]),
  );
  return new PosternError(code, message, cause);
}

/** Text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
