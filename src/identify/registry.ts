import type { Protocol } from './plugin.ts';

/** Every protocol of the folder `protocols/`, in file-name order; a test holds the two together. */
export const PROTOCOLS: readonly Protocol[] = [];
