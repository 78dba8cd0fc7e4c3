import { z } from 'zod';
import type { Vitals } from '../model/vitals.ts';
import { lossEstimate } from './loss.ts';

const count = () => z.int().nonnegative();

/** One line of `--stats`. Within version 1 fields are added, never renamed or removed. */
export const vitals = z
  .object({
    schema: z.literal('postern.stats/1').describe('Name and version of this format.'),
    at: z.iso.datetime({ precision: null }).describe('Time of the line, ISO 8601 UTC.'),
    elapsed: z.number().nonnegative().describe('Seconds since the start.'),
    final: z.boolean().describe('True in the last line.'),
    sent: count().describe('Probes sent, retries included.'),
    retries: count().describe('Probes sent again.'),
    received: count().exactOptional().describe('Packets the kernel filter let through to us.'),
    valid: count().exactOptional().describe('Those that answered a probe of ours.'),
    duplicates: count()
      .exactOptional()
      .describe('Valid ones about a port that had answered already.'),
    dropped: count()
      .exactOptional()
      .describe('Packets the kernel dropped because our buffer was full.'),
    outcomes: count().describe('Ports whose state is known.'),
    expected: count()
      .exactOptional()
      .describe('Ports in all; absent while not all targets have been read.'),
    open: count().describe('Open ports so far.'),
    identifying: count().describe('Open ports that are still being asked what answers.'),
    hosts: count().describe('Addresses that are finished.'),
    rate: z.number().nonnegative().describe('Probes per second since the line before.'),
    targetRate: z
      .number()
      .positive()
      .exactOptional()
      .describe('Probes per second aimed at; absent: no limit.'),
    slowdowns: count().describe('Times it slowed down for want of descriptors or source ports.'),
    loss: lossEstimate
      .exactOptional()
      .describe('Open ports missed so far because packets got lost; absent: not measured.'),
  })
  .describe(
    'How a scan is doing: one line a second on standard error.',
  ) satisfies z.ZodType<Vitals>;
