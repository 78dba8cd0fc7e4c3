import { defineDatagram } from '../datagram.ts';
import { asRequest, kerberosDetails, kerberosIdentity, readKrbError } from '../kerberos-error.ts';

/**
 * Kerberos over UDP: asks for a ticket for a principal of a realm that cannot exist, without
 * preauthentication; there is no password in it and no account it could count against.
 */
export const kerberos = defineDatagram({
  name: 'kerberos',
  title: 'Kerberos 5',
  ports: [88],
  questions: [{ name: 'kerberos', payload: () => asRequest() }],
  details: kerberosDetails,
  read(payload) {
    const error = readKrbError(payload);
    return error === null ? null : kerberosIdentity(error);
  },
});
