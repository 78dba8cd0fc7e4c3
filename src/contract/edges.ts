import { z } from 'zod';
import type { EdgeFile, EdgeList } from '../model/edge-list.ts';
import { problem } from '../model/errors.ts';
import { readNetwork } from '../model/network.ts';
import { type PolicyFault, type PolicyText, readPolicyText } from './policy-text.ts';

/** Faults listed in an error; a file with more is wrong in its beginning. */
const MAX_LISTED = 50;

const network = z
  .string()
  .refine((text) => readNetwork(text) !== null, {
    error: ({ input }) =>
      `"${String(input).slice(0, 60)}" is no address block such as 192.0.2.0/24 or 2001:db8::/32`,
  })
  .describe('CIDR block, address or range, IPv4 or IPv6.');

const provider = z
  .strictObject({
    provider: z.string().min(1).max(60).describe('Who runs the edge: Cloudflare.'),
    source: z.string().min(1).max(300).describe('Where the provider publishes the list.'),
    asOf: z
      .string()
      .regex(/^\d{4}(-\d{2}){0,2}$/, {
        error: ({ input }) => `"${String(input).slice(0, 60)}" is no date such as 2026-06-14`,
      })
      .describe('When the list was as it is here: 2026-06-14, 2026-06 or 2026.'),
    networks: z.array(network).describe('The addresses of the edge.'),
  })
  .describe('The addresses of one provider.');

/** Lists of shared edges: data/edges.json, and the file of `--edges`. */
export const edgeFile = z
  .strictObject({
    schema: z.literal('postern.edges/1').describe('Name and version of this format.'),
    providers: z.array(provider).describe('One entry a provider.'),
  })
  .describe('Addresses of shared edges: CDNs and proxies.');

/**
 * Reads lists of shared edges, JSON or YAML; throws EDGES_INVALID with `file:line:column: what is
 * wrong` per fault.
 */
export function loadEdges(text: string, fileName: string): readonly EdgeList[] {
  const source = readPolicyText(text);
  const parsed = edgeFile.safeParse(source.value);
  const faults = source.faults.length > 0 ? source.faults : faultsOf(parsed.error, source);
  if (faults.length === 0 && parsed.success) return fileOf(parsed.data).providers;
  throw problem('EDGES_INVALID', {
    value: fileName,
    count: faults.length === 1 ? '1 error' : `${faults.length} errors`,
    faults: listed(faults, fileName),
  });
}

function fileOf(parsed: z.infer<typeof edgeFile>): EdgeFile {
  return parsed;
}

function faultsOf(error: z.ZodError | undefined, source: PolicyText): readonly PolicyFault[] {
  return (error?.issues ?? []).map(({ path, message }) => {
    const place = path.length === 0 ? 'the file' : path.map(String).join('.');
    return source.at(path, `${place}: ${message}`);
  });
}

function listed(faults: readonly PolicyFault[], fileName: string): string {
  const lines = faults
    .slice(0, MAX_LISTED)
    .map(({ line, column, message }) => `${fileName}:${line}:${column}: ${message}`);
  const more = faults.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
