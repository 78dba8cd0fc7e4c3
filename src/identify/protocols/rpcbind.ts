import { clipList, receiveWhole } from '../dialogue.ts';
import { readRpcReply, recordFrame, rpcCall } from '../onc-rpc.ts';
import { defineProtocol } from '../plugin.ts';
import { DUMP, PORTMAPPER, readProgramList, rpcbindDetails } from '../rpc-programs.ts';

/** Asks the port mapper (version 2) for its list, as `rpcinfo -p` does. */
export const rpcbind = defineProtocol({
  name: 'rpcbind',
  title: 'RPC port mapper',
  transport: 'tcp',
  over: 'tcp',
  ports: [111],
  manners: 'ask',
  details: rpcbindDetails,

  async identify(talk) {
    talk.send(rpcCall(PORTMAPPER, 2, DUMP));
    const bytes = await receiveWhole(talk, recordFrame);
    const reply = bytes && readRpcReply(bytes);
    if (!reply) return null;
    if (reply.kind === 'version-mismatch') return { details: {} };
    // A refusal alone says that it speaks RPC, not that it is the port mapper.
    if (reply.kind === 'refused')
      return talk.port === 111 ? { details: { authRequired: true } } : null;
    const programs = readProgramList(reply.result);
    return programs && { details: { authRequired: false, programs: clipList(programs) } };
  },
});
