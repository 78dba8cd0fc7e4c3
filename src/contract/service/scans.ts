import { z } from 'zod';

/** Targets of one scan that are written out; groups may hold more. */
export const MAX_TARGETS = 10_000;
const MAX_TARGET_TEXT = 300;
const MAX_EXCLUDED = 10_000;
const MAX_PORTS_TEXT = 4096;
/** Packets a second that a tenant may ask for. */
const MAX_RATE = 100_000;

export const targetText = z.string().min(1).max(MAX_TARGET_TEXT);

const rate = z.union([z.literal('auto'), z.number().positive().max(MAX_RATE)]);

/** The options of `postern scan` that a tenant may choose; absent ones are as on the command line. */
export const scanSettings = z.strictObject({
  ports: z
    .string()
    .min(1)
    .max(MAX_PORTS_TEXT)
    .exactOptional()
    .describe('As after -p: 22,80,8000-8100,U:53; UDP ports behind U:.'),
  top: z.int().min(1).max(65_535).exactOptional().describe('Most common TCP ports, so many.'),
  rate: rate.exactOptional().describe('Packets a second over all hosts.'),
  perHost: rate.exactOptional().describe('Packets a second to one host.'),
  timeout: z.int().min(50).max(120_000).exactOptional().describe('Milliseconds an answer takes.'),
  exclude: z
    .array(targetText)
    .max(MAX_EXCLUDED)
    .exactOptional()
    .describe('Left alone, in the notation of targets.'),
  identify: z.boolean().exactOptional().describe('Whether open ports are asked what they are.'),
  phantoms: z.enum(['auto', 'always', 'never']).exactOptional(),
});
export type ScanSettings = z.output<typeof scanSettings>;

/** What is scanned. */
export const scanTargets = {
  targets: z
    .array(targetText)
    .max(MAX_TARGETS)
    .default([])
    .describe('Addresses, CIDR blocks, ranges and host names, as after `postern scan`.'),
  groups: z.array(z.uuid()).max(100).default([]).describe('Ids of groups of assets.'),
};
