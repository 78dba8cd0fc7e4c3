import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { clipList } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  authRequired: z.boolean().describe('Always false: the daemon answers everybody'),
  nodes: z
    .array(
      z.object({
        name: z.string().describe('Name of the node before the @'),
        port: z.number().describe('Its distribution port'),
      }),
    )
    .describe('Erlang nodes registered with the daemon'),
});
type Nodes = z.infer<typeof details>['nodes'];

/** NAMES_REQ (Erlang distribution protocol, "Get All Registered Names from EPMD"). */
const NAMES_REQUEST = hexBytes('0001 6e');
const MAX_ANSWER = 16 * 1024;

/** Reads NAMES_RESP: the daemon's port in 32 bits, then a line per node; null when it is none. */
export function readNames(bytes: Uint8Array): Nodes | null {
  const port = new ByteReader(bytes).u32() ?? 0;
  if (port === 0 || port > 0xffff) return null;
  const lines = clipList(latin1Text(bytes.subarray(4)).split('\n').filter(Boolean));
  const nodes = lines.map((line) => /^name (\S{1,255}) at port (\d{1,5})$/.exec(line));
  if (nodes.includes(null)) return null;
  return nodes.map((match) => ({ name: match?.[1] ?? '', port: Number(match?.[2]) }));
}

/** An empty list is four bytes; only the port in them tells it from other short answers. */
function isEmptyList(bytes: Uint8Array, port: number): boolean {
  return bytes.length === 4 && new ByteReader(bytes).u32() === port;
}

/** The end of the connection ends the answer; one that begins otherwise is another protocol's. */
function untilTheEnd(buffered: Uint8Array): number | null {
  const foreign = buffered[0] !== 0 || (buffered[1] ?? 0) !== 0;
  return foreign || buffered.length > MAX_ANSWER ? buffered.length : null;
}

/** Asks for the list of nodes, as `epmd -names` does; the daemon answers and hangs up. */
export const epmd = defineProtocol({
  name: 'epmd',
  title: 'Erlang port mapper',
  transport: 'tcp',
  over: 'tcp',
  ports: [4369],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(NAMES_REQUEST);
    const { bytes, end } = await talk.receive(untilTheEnd);
    const nodes = end === 'closed' ? readNames(bytes) : null;
    if (!nodes || (nodes.length === 0 && !isEmptyList(bytes, talk.port))) return null;
    return { product: 'Erlang Port Mapper Daemon', details: { authRequired: false, nodes } };
  },
});
