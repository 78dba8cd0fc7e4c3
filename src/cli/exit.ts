/** What the exit code of every command means; docs/output.md tells users. */
export const EXIT = {
  fine: 0,
  /** At least one finding at or above `--fail-on`. */
  findings: 1,
  usage: 2,
  /** Part of the work failed: a target that was none, a name that did not resolve. */
  partial: 3,
  /** The server does not take this agent any more. */
  revoked: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
