/** Whether anybody uses a listener: its connections at the time of the look. */
export interface Usage {
  /** Established TCP connections, or flows of UDP datagrams that the kernel keeps track of. */
  readonly connections: number;
  /** Distinct addresses at their other ends. */
  readonly peers: number;
  /** Whether all of these are this machine itself; `unseen` while there is none to judge by. */
  readonly loopbackOnly: boolean | 'unseen';
  /** Up to five of them, canonical text. */
  readonly sample: readonly string[];
  /** What could not be seen, a sentence each. */
  readonly unseen: readonly string[];
}
