import type { Store } from '../store/open.ts';
import type { Sealer } from '../store/seal.ts';

/** What the parts of a server are made with. */
export interface World {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Where people reach this server, without a slash at the end. */
  readonly publicUrl: string;
  readonly now: () => number;
  /** Says something to whoever runs the server. */
  readonly say: (line: string) => void;
  /** Tells of a fault that is ours. */
  readonly onFault: (where: string, error: unknown) => void;
}

/** Work beside answering: it is started with the server and stopped before the store is closed. */
export interface Part {
  readonly name: string;
  start(world: World): Running;
}

/** A `Loop` is one. */
export interface Running {
  wake?(): void;
  stop(): Promise<void>;
  /** What keeps it from its work; null: nothing. */
  trouble?(): string | null;
}
