import { z } from 'zod';
import { scanSettings, scanTargets } from './scans.ts';
import { FOUND } from './schedules.ts';

/** What a scan that is asked for once says. */
export const scanOrder = z
  .strictObject({ ...scanTargets, scan: scanSettings.default({}) })
  .refine(({ targets, groups }) => targets.length + groups.length > 0, {
    message: 'targets or groups are needed',
  });

const dueAgain = z.record(z.enum(FOUND), z.number());

/** What the row of a job of kind `scan` holds. */
export const scanJob = z.object({
  ...scanTargets,
  scan: scanSettings.default({}),
  due: z
    .object({ again: dueAgain, batch: z.int() })
    .exactOptional()
    .describe('Only what is due by what was found last; `again` in milliseconds.'),
});
export type ScanJob = z.output<typeof scanJob>;

/** How far a scan is. */
export const jobProgress = z.object({
  done: z.number().describe('Ports told.'),
  total: z.number().nullable().describe('Ports expected; null: not all targets are read yet.'),
  open: z.number(),
  hosts: z.number(),
});
export type JobProgress = z.output<typeof jobProgress>;
