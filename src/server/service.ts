import type { TextResolver } from '../net/dns.ts';
import type { Store } from '../store/open.ts';
import type { Sealer } from '../store/seal.ts';

/** What routes may use beside the caller's part of the store. */
export interface Service {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Where people reach this server: `https://postern.example`, without a slash at the end. */
  readonly publicUrl: string;
  /** Asks for the TXT records that prove who owns a name. */
  readonly names: TextResolver;
  /** Wakes the loop that starts jobs: there is something to do now. */
  wakeJobs(): void;
  /** Wakes the loop that sends alerts. */
  wakeAlerts(): void;
}
