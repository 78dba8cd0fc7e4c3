import { ERRNO } from '../../net/linux/errno.ts';
import {
  type Answer,
  FORBIDDEN,
  NO_DESCRIPTORS,
  NO_FAMILY,
  NO_MEMORY,
  NO_ROUTE,
} from './dialer.ts';

/** What a system call that failed at once says on any transport: always about our own side. */
export const LOCAL_ERRORS: ReadonlyMap<number, Answer> = new Map([
  [ERRNO.EMFILE, NO_DESCRIPTORS],
  [ERRNO.ENFILE, NO_DESCRIPTORS],
  [ERRNO.ENOBUFS, NO_MEMORY],
  [ERRNO.ENOMEM, NO_MEMORY],
  [ERRNO.EAFNOSUPPORT, NO_FAMILY],
  [ERRNO.ENETUNREACH, NO_ROUTE],
  [ERRNO.EHOSTUNREACH, NO_ROUTE],
  [ERRNO.ENETDOWN, NO_ROUTE],
  [ERRNO.EINVAL, NO_ROUTE], // `ip route add blackhole`
  [ERRNO.EPERM, FORBIDDEN],
  [ERRNO.EACCES, FORBIDDEN],
]);
