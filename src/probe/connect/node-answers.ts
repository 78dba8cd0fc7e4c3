import {
  type Answer,
  FORBIDDEN,
  NO_DESCRIPTORS,
  NO_FAMILY,
  NO_MEMORY,
  NO_PORTS,
  NO_ROUTE,
  OTHER,
  UNREACHABLE,
} from './dialer.ts';

const PROHIBITED: Answer = { state: 'unreachable', reason: 'icmp-admin-prohibited' };

/** What an error code says before anything was sent (our own side) and after (the network). */
export type CodeAnswers = Readonly<Record<string, readonly [before: Answer, after: Answer]>>;

/** What Node's error codes say on any transport. */
export const NODE_ERRORS: CodeAnswers = {
  EHOSTUNREACH: [NO_ROUTE, UNREACHABLE],
  EHOSTDOWN: [NO_ROUTE, UNREACHABLE],
  ENETUNREACH: [NO_ROUTE, UNREACHABLE],
  ENETDOWN: [NO_ROUTE, NO_ROUTE],
  EINVAL: [NO_ROUTE, OTHER],
  EACCES: [FORBIDDEN, PROHIBITED],
  EPERM: [FORBIDDEN, PROHIBITED],
  EMFILE: [NO_DESCRIPTORS, NO_DESCRIPTORS],
  ENFILE: [NO_DESCRIPTORS, NO_DESCRIPTORS],
  ENOBUFS: [NO_MEMORY, NO_MEMORY],
  ENOMEM: [NO_MEMORY, NO_MEMORY],
  EADDRNOTAVAIL: [NO_PORTS, NO_PORTS],
  EAFNOSUPPORT: [NO_FAMILY, NO_FAMILY],
};
