import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { readRpcMessage, rpcDatagram } from '../onc-rpc.ts';

const details = z.object({
  versions: z.array(z.number()).describe('NFS versions answered or named, lowest first'),
});

const NFS = 100_003;
const NULL_PROCEDURE = 0;
const HIGHEST = 8;

/** NFS over UDP: calls the NULL procedure of version 3, which does nothing (RFC 1813 §3.3.0). */
export const nfs = defineDatagram({
  name: 'nfs',
  title: 'NFS',
  ports: [2049],
  questions: [
    {
      name: 'nfs',
      payload: (token) => rpcDatagram(NFS, 3, NULL_PROCEDURE, token),
      answers: (payload, token) => new ByteReader(payload).u32() === token,
    },
  ],
  details,
  read(payload, { question }) {
    const reply = readRpcMessage(payload);
    if (reply === null || reply.kind === 'refused' || question !== 'nfs') return null;
    if (reply.kind === 'success') return { details: { versions: [3] } };
    const { low, high } = reply;
    if (low > high || high > HIGHEST) return null;
    return { details: { versions: Array.from({ length: high - low + 1 }, (_, at) => low + at) } };
  },
});
