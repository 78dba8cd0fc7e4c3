import { concatBytes } from '../bytes.ts';
import { receiveWhole } from '../dialogue.ts';
import { u32be } from '../encode.ts';
import {
  asRequest,
  type KerberosDetails,
  kerberosDetails,
  kerberosIdentity,
  readKrbError,
} from '../kerberos-error.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';

/** TCP messages are preceded by their length (RFC 4120 §7.2.2). */
const messageFrame = lengthFrame({ at: 0, size: 4, extra: 4 });

/** Reads a KRB-ERROR with its length before it; null when it is none. */
export function readKerberosError(bytes: Uint8Array): KerberosDetails | null {
  return readKrbError(bytes.subarray(4));
}

/**
 * Asks for a ticket for a principal of a realm that cannot exist, without preauthentication: there
 * is no password in it and no account it could count against; every KDC answers with an error.
 */
export const kerberos = defineProtocol({
  name: 'kerberos',
  title: 'Kerberos 5',
  transport: 'tcp',
  over: 'tcp',
  ports: [88],
  manners: 'ask',
  details: kerberosDetails,

  recognises: (bytes) => readKerberosError(bytes) !== null,

  async identify(talk) {
    const request = asRequest();
    talk.send(concatBytes(u32be(request.length), request));
    const bytes = await receiveWhole(talk, messageFrame);
    const error = bytes && readKerberosError(bytes);
    return error && kerberosIdentity(error);
  },
});
