import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { receiveWhole } from '../dialogue.ts';
import { type RpcReply, readRpcReply, recordFrame, rpcCall } from '../onc-rpc.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  versions: z
    .array(z.number())
    .describe('NFS versions answered or named by the server, lowest first'),
});

const NFS = 100_003;
const NULL_PROCEDURE = 0;
const HIGHEST = 4;
/** A version nobody has: the answer names the lowest and the highest there are. */
const NO_VERSION = 99;

async function call(talk: Conversation, version: number): Promise<RpcReply | null> {
  talk.send(rpcCall(NFS, version, NULL_PROCEDURE));
  const bytes = await receiveWhole(talk, recordFrame);
  return bytes && readRpcReply(bytes);
}

function range(reply: RpcReply | null): number[] {
  if (reply?.kind !== 'version-mismatch') return [];
  const { low, high } = reply;
  if (low > high || high > HIGHEST + 4) return [];
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

/** Calls the NULL procedure, which does nothing, of NFS 3; then asks which versions there are. */
export const nfs = defineProtocol({
  name: 'nfs',
  title: 'NFS',
  transport: 'tcp',
  over: 'tcp',
  ports: [2049],
  manners: 'ask',
  details,

  async identify(talk) {
    const first = await call(talk, 3);
    if (!first || first.kind === 'refused') return null;
    if (first.kind === 'version-mismatch') return { details: { versions: range(first) } };
    const versions = range(await call(talk, NO_VERSION));
    return { details: { versions: versions.length > 0 ? versions : [3] } };
  },
});
