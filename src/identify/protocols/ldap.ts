import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { ber, berFrame, berNumber } from '../ber.ts';
import { bytesOf, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import {
  type Attributes,
  type LdapMessage,
  ldapMessage,
  readEntry,
  readLdapMessage,
  searchRequest,
} from '../ldap-message.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z.boolean().optional().describe('True: even the root DSE is refused to anonymous'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('True: it offers no StartTLS, so that every simple bind here is in clear text'),
  startTls: z.boolean().optional().describe('StartTLS (RFC 4511 §4.14) is offered'),
  vendorName: z.string().optional().describe('rootDSE vendorName (RFC 3045)'),
  vendorVersion: z.string().optional().describe('rootDSE vendorVersion (RFC 3045)'),
  namingContexts: z.array(z.string()).optional().describe('Suffixes it serves'),
  supportedLdapVersion: z
    .array(z.string())
    .optional()
    .describe('supportedLDAPVersion of the root DSE (RFC 4512 §5.1)'),
  saslMechanisms: z.array(z.string()).optional().describe('supportedSASLMechanisms'),
  dnsHostName: z.string().optional().describe('Active Directory: name of this controller'),
  serverName: z.string().optional().describe('Active Directory: distinguished name of this server'),
  defaultNamingContext: z.string().optional().describe('defaultNamingContext of Active Directory'),
  forestFunctionality: z.string().optional().describe('Active Directory functional level, 0–10'),
  domainFunctionality: z.string().optional().describe('Active Directory functional level, 0–10'),
  domainControllerFunctionality: z.string().optional().describe('Level this controller could have'),
  isGlobalCatalogReady: z
    .string()
    .optional()
    .describe('Active Directory: TRUE on a global catalog'),
  error: z
    .object({ code: z.number().describe('resultCode (RFC 4511 appendix A)'), message: z.string() })
    .optional()
    .describe('The search of the root DSE was not successful'),
});
type Details = z.infer<typeof details>;

const SEARCH_DONE = 0x65;
const EXTENDED = 0x77;
const EXTENDED_RESPONSE = 0x78;
const START_TLS = '1.3.6.1.4.1.1466.20037';
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';
/** strongerAuthRequired, confidentialityRequired, inappropriateAuthentication, insufficientAccessRights. */
const REFUSALS = new Set([8, 13, 48, 50]);
const MAX_MESSAGES = 8;

/** Servers that refuse with a general code say why in words. */
const REFUSAL_TEXT = /authentication required|successful bind/i;

/** resultCode and diagnosticMessage of a response. */
function resultOf({ body }: LdapMessage): { code: number; message: string } | null {
  const code = berNumber(body.children[0]);
  const text = body.children[2]?.content ?? new Uint8Array(0);
  return code === undefined ? null : { code, message: clip(utf8Text(text)) };
}

interface Answer {
  readonly entry: Attributes | null;
  readonly result: { code: number; message: string } | null;
}

async function search(
  talk: Conversation,
  id: number,
  base: string,
  attributes: readonly string[],
): Promise<Answer | null> {
  talk.send(searchRequest(id, base, attributes));
  let entry: Attributes | null = null;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const bytes = await receiveWhole(talk, berFrame);
    const reply = bytes && readLdapMessage(bytes);
    if (!reply) return entry && { entry, result: null };
    if (reply.operation === SEARCH_DONE || reply.operation === EXTENDED_RESPONSE) {
      return { entry, result: resultOf(reply) };
    }
    entry ??= readEntry(bytes);
  }
  return null;
}

async function enterTls(talk: Conversation): Promise<TlsDetails | null> {
  talk.send(ldapMessage(2, ber(EXTENDED, ber(0x80, bytesOf(START_TLS)))));
  const bytes = await receiveWhole(talk, berFrame);
  const reply = bytes && readLdapMessage(bytes);
  const agreed = reply?.operation === EXTENDED_RESPONSE && resultOf(reply)?.code === 0;
  return agreed ? talk.startTls() : null;
}

/** OpenLDAP names its version only in cn=Monitor, where that is set up and readable. */
async function monitoredVersion(talk: Conversation, root: Attributes): Promise<string | undefined> {
  const base = root.get('monitorcontext')?.[0];
  if (base === undefined) return undefined;
  const answer = await search(talk, 3, base, ['monitoredInfo']);
  const text = answer?.entry?.get('monitoredinfo')?.[0] ?? '';
  return /^OpenLDAP: slapd (\d[\w.]{0,20})/.exec(text)?.[1];
}

/** Windows Server release by domainControllerFunctionality (MS-ADTS §3.1.1.3.2.25). */
const CONTROLLERS: Readonly<Record<string, string>> = {
  '0': '2000',
  '2': '2003',
  '3': '2008',
  '4': '2008 R2',
  '5': '2012',
  '6': '2012 R2',
  '7': '2016 or later',
  '10': '2025',
};

interface Product {
  readonly product?: string;
  readonly version?: string;
  readonly cpe?: string;
}

const VENDORS = [
  {
    pattern: /^389 Project/,
    product: '389 Directory Server',
    cpe: ['fedoraproject', '389_directory_server'],
  },
  { pattern: /^Samba Team/, product: 'Samba', cpe: ['samba', 'samba'] },
  { pattern: /^Apache Software/, product: 'ApacheDS', cpe: ['apache', 'apacheds'] },
  {
    pattern: /^ForgeRock|^Open ?Identity|^Open DJ/i,
    product: 'OpenDJ',
    cpe: ['openidentityplatform', 'opendj'],
  },
  {
    pattern: /^International Business/,
    product: 'IBM Security Directory Server',
    cpe: ['ibm', 'security_directory_server'],
  },
  { pattern: /^Oracle/, product: 'Oracle Directory Server', cpe: undefined },
  { pattern: /^OpenLDAP/, product: 'OpenLDAP', cpe: ['openldap', 'openldap'] },
] as const;

function vendorProduct(root: Attributes): Product | null {
  const name = root.get('vendorname')?.[0] ?? '';
  const vendor = VENDORS.find(({ pattern }) => pattern.test(name));
  if (!vendor) return null;
  const version = /(\d+(?:\.\d+){1,4})/.exec(
    root.get('vendorversion')?.[0]?.slice(0, 100) ?? '',
  )?.[1];
  const { product, cpe } = vendor;
  return present({ product, version, cpe: cpe && cpe23(cpe[0], cpe[1], version) });
}

function productOf(root: Attributes, monitored: string | undefined): Product {
  const vendor = vendorProduct(root);
  if (vendor) return vendor;
  if (root.get('supportedcapabilities')?.includes(ACTIVE_DIRECTORY)) {
    const version = CONTROLLERS[root.get('domaincontrollerfunctionality')?.[0] ?? ''];
    return present({
      product: 'Microsoft Active Directory',
      version: version && `Windows Server ${version}`,
    });
  }
  const classes = [
    ...(root.get('objectclass') ?? []),
    ...(root.get('structuralobjectclass') ?? []),
  ];
  if (!classes.includes('OpenLDAProotDSE') && monitored === undefined) return {};
  return present({
    product: 'OpenLDAP',
    version: monitored,
    cpe: cpe23('openldap', 'openldap', monitored),
  });
}

function rootDetails(root: Attributes): Partial<Details> {
  const first = (name: string): string | undefined => root.get(name)?.[0];
  const list = (name: string): string[] | undefined => {
    const values = root.get(name);
    return values && clipList(values);
  };
  return present({
    vendorName: first('vendorname'),
    vendorVersion: first('vendorversion'),
    namingContexts: list('namingcontexts'),
    supportedLdapVersion: list('supportedldapversion'),
    saslMechanisms: list('supportedsaslmechanisms'),
    dnsHostName: first('dnshostname'),
    serverName: first('servername'),
    defaultNamingContext: first('defaultnamingcontext'),
    forestFunctionality: first('forestfunctionality'),
    domainFunctionality: first('domainfunctionality'),
    domainControllerFunctionality: first('domaincontrollerfunctionality'),
    isGlobalCatalogReady: first('isglobalcatalogready'),
  });
}

function isRefusal({ code, message: text }: { code: number; message: string }): boolean {
  return REFUSALS.has(code) || (code !== 0 && REFUSAL_TEXT.test(text));
}

/**
 * Searches the root DSE, which RFC 4512 §5.1 makes readable to anybody so that clients can find out
 * how to log in; then StartTLS for the certificate. There is no bind, and no entry of the directory
 * is read, so whether those are readable without login stays open.
 */
export const ldap = defineProtocol({
  name: 'ldap',
  title: 'LDAP',
  transport: 'tcp',
  over: 'tcp',
  ports: [389, 3268, 1389, 10389],
  tlsPorts: [636, 3269, 1636, 10636],
  manners: 'ask',
  details,

  // Servers answer nonsense with a Notice of Disconnection (RFC 4511 §4.4.1).
  recognises: (bytes) => readLdapMessage(bytes)?.operation === EXTENDED_RESPONSE,

  async identify(talk) {
    const answer = await search(talk, 1, '', ['*', '+']);
    if (!answer) return null;
    const root: Attributes = answer.entry ?? new Map();
    const monitored = await monitoredVersion(talk, root);
    const bare = talk.tls === undefined;
    const offered = root.get('supportedextension')?.includes(START_TLS);
    const layer = bare && offered ? await enterTls(talk) : null;
    const { result } = answer;
    const found: Details = present({
      authRequired: result && isRefusal(result) ? true : undefined,
      clearTextLogin: bare && offered === false ? true : undefined,
      startTls: bare ? offered : undefined,
      ...rootDetails(root),
      error: result && result.code !== 0 ? result : undefined,
    });
    talk.send(ldapMessage(9, hexBytes('4200'))); // unbind
    return { ...productOf(root, monitored), details: found, ...(layer && { startTls: layer }) };
  },
});
