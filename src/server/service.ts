import type { NotifySettings } from '../contract/notify.ts';
import type { TextResolver } from '../net/dns.ts';
import type { Store } from '../store/open.ts';
import type { Sealer } from '../store/seal.ts';
import type { Counts } from './counts.ts';
import type { Live } from './live.ts';

/** What routes may use beside the caller's part of the store. */
export interface Service {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Where people reach this server: `https://postern.example`, without a slash at the end. */
  readonly publicUrl: string;
  /** Who listens to what happens. */
  readonly live: Live;
  /** Counts that are asked for often and change seldom. */
  readonly counts: Counts;
  /** The operator's alert settings (`--notify`). */
  readonly notify?: NotifySettings | undefined;
  /** Asks for the TXT records that prove who owns a name. */
  readonly names: TextResolver;
  /** Wakes the loop that starts jobs: there is something to do now. */
  wakeJobs(): void;
  /** Wakes the loop that sends alerts. */
  wakeAlerts(): void;
  /** Words that `service` of a policy may be, as scans know them; absent: any. */
  policyServices?(): Promise<readonly string[]>;
}
