import { getSystemErrorName } from 'node:util';

/** Why something is closed to us. A root without CAP_SYS_PTRACE over all, as in a container, sees less too. */
export const CLOSED =
  process.geteuid?.() === 0 ? 'closed to root here (no CAP_SYS_PTRACE over it)' : 'needs root';

/** Words for what the kernel answered, a negative error number. */
export function reasonOf(error: number): string {
  const name = getSystemErrorName(error);
  return name === 'EPERM' || name === 'EACCES' ? CLOSED : `the kernel says ${name}`;
}
