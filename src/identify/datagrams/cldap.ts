import { z } from 'zod';
import { defineDatagram } from '../datagram.ts';
import { readEntry, readLdapMessage, searchRequest } from '../ldap-message.ts';
import { present } from '../present.ts';

const details = z.object({
  defaultNamingContext: z.string().optional().describe('Active Directory: the domain’s suffix'),
  dnsHostName: z.string().optional().describe('Active Directory: name of this controller'),
  domainControllerFunctionality: z.string().optional().describe('Level this controller could have'),
  vendorName: z.string().optional().describe('rootDSE vendorName (RFC 3045)'),
});

/** Message ids are positive (RFC 4511 §4.1.1.1). */
const idOf = (token: number): number => (token >>> 1) & 0x3fff_ffff;

/** Connectionless LDAP (MS-ADTS §3.1.1.3.1.10): a search of the root DSE, as over TCP, in one datagram. */
export const cldap = defineDatagram({
  name: 'cldap',
  title: 'CLDAP',
  ports: [389],
  questions: [
    {
      name: 'cldap',
      payload: (token) => searchRequest(idOf(token), '', Object.keys(details.shape)),
      answers: (payload, token) => readLdapMessage(payload)?.id === idOf(token),
    },
  ],
  details,
  read(payload) {
    const message = readLdapMessage(payload);
    // a search entry, or at least the end of a search
    if (message === null || (message.operation !== 0x64 && message.operation !== 0x65)) return null;
    const root = readEntry(payload);
    const first = (name: string): string | undefined => root?.get(name)?.[0];
    const found = present({
      defaultNamingContext: first('defaultnamingcontext'),
      dnsHostName: first('dnshostname'),
      domainControllerFunctionality: first('domaincontrollerfunctionality'),
      vendorName: first('vendorname'),
    });
    const directory = found.domainControllerFunctionality !== undefined;
    const samba = found.vendorName?.startsWith('Samba') === true;
    const product = samba ? 'Samba' : 'Microsoft Active Directory';
    return { ...(directory || samba ? { product } : {}), details: found };
  },
});
