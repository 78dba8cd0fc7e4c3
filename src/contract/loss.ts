import { z } from 'zod';

/** How many open ports losses hid. */
export const lossEstimate = z.object({
  estimate: z.number().nonnegative().describe('Open ports missed, most likely.'),
  interval: z
    .tuple([z.number().nonnegative(), z.number().nonnegative()])
    .readonly()
    .describe('Lowest and highest number that fit what was seen, with 95 % confidence.'),
  probeLoss: z.number().min(0).max(1).describe('Share of probes or answers lost.'),
});
