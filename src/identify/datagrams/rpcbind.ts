import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clipList } from '../dialogue.ts';
import { readRpcMessage, rpcDatagram } from '../onc-rpc.ts';
import { DUMP, PORTMAPPER, readProgramList, rpcbindDetails } from '../rpc-programs.ts';

/** Asks the port mapper (version 2) for its list, as `rpcinfo -p` does. */
export const rpcbind = defineDatagram({
  name: 'rpcbind',
  title: 'RPC port mapper',
  ports: [111],
  questions: [
    {
      name: 'rpcbind',
      payload: (token) => rpcDatagram(PORTMAPPER, 2, DUMP, token),
      answers: (payload, token) => new ByteReader(payload).u32() === token,
    },
  ],
  details: rpcbindDetails,
  read(payload, { question }) {
    const reply = readRpcMessage(payload);
    if (reply === null || question !== 'rpcbind') return null;
    if (reply.kind === 'version-mismatch') return { details: {} };
    if (reply.kind === 'refused') return { details: { authRequired: true } };
    const programs = readProgramList(reply.result);
    return programs && { details: { authRequired: false, programs: clipList(programs) } };
  },
});
