import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes, u32be } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: AuthenticationOk without any credential (trust)'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('It asks for the password in clear text and offers no TLS'),
  startTls: z.boolean().optional().describe('Answer to SSLRequest'),
  authMethod: z
    .enum(['trust', 'password', 'md5', 'scram-sha-256', 'gss', 'sspi', 'kerberos5', 'other'])
    .optional()
    .describe('Method asked of user "postern" from our address'),
  serverVersion: z.string().optional().describe('ParameterStatus server_version, as it was sent'),
  error: z
    .object({
      severity: z.string().describe('Field V or S'),
      code: z.string().describe('SQLSTATE'),
      message: z.string(),
      routine: z.string().optional().describe('Function of the server that refused'),
    })
    .optional()
    .describe('ErrorResponse to our StartupMessage'),
});
type Details = z.infer<typeof details>;

/** PostgreSQL protocol 3.0, §55.2.11: length 8, code 80877103. */
const SSL_REQUEST = hexBytes('00000008 04d2162f');
const TERMINATE = hexBytes('58 00000004');
const messageFrame = lengthFrame({ at: 1, size: 4, extra: 1 });
/** ParameterStatus messages, BackendKeyData and ReadyForQuery: far fewer than this. */
const MAX_MESSAGES = 40;

/** StartupMessage of protocol 3.0 for user and database `postern`, which need not exist. */
export function startupMessage(): Uint8Array {
  const fields = ['user', 'postern', 'database', 'postern', 'application_name', 'postern', ''];
  const body = concatBytes(u32be(0x0003_0000), bytesOf(`${fields.join('\0')}\0`));
  return concatBytes(u32be(body.length + 4), body);
}

export interface PostgresqlMessage {
  /** `R` authentication, `S` parameter, `E` error, `Z` ready… */
  readonly type: string;
  readonly body: Uint8Array;
}

/** Reads one message (§55.7): type, length including itself, body. Null when it is none. */
export function readPostgresqlMessage(bytes: Uint8Array): PostgresqlMessage | null {
  const reader = new ByteReader(bytes);
  const type = String.fromCharCode(reader.u8() ?? 0);
  const length = reader.u32() ?? 0;
  const body = reader.take(length - 4);
  return body === undefined || !/^[A-Za-z]$/.test(type) ? null : { type, body };
}

/** Reads the fields of an ErrorResponse (§55.8): letter to text. Null when there is no SQLSTATE. */
export function readErrorFields(body: Uint8Array): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>();
  const reader = new ByteReader(body);
  for (let letter = reader.u8(); letter && fields.size < 32; letter = reader.u8()) {
    const text = reader.cString();
    if (text === undefined) break;
    fields.set(String.fromCharCode(letter), clip(utf8Text(text)));
  }
  return /^[0-9A-Z]{5}$/.test(fields.get('C') ?? '') && fields.has('M') ? fields : null;
}

/** Reads a ParameterStatus: name and value. */
export function readParameter(body: Uint8Array): readonly [string, string] | null {
  const reader = new ByteReader(body);
  const name = reader.cString();
  const value = reader.cString();
  return name && value ? [utf8Text(name), clip(utf8Text(value))] : null;
}

const METHODS: Readonly<Record<number, Details['authMethod']>> = {
  0: 'trust',
  2: 'kerberos5',
  3: 'password',
  5: 'md5',
  7: 'gss',
  9: 'sspi',
  10: 'scram-sha-256',
};

/** What the answers to a StartupMessage have told so far. */
interface Answers {
  method?: Details['authMethod'];
  error?: Details['error'];
  /** Source file of the server that an error names: `auth.c`. */
  source?: string | undefined;
  readonly parameters: Map<string, string>;
}

/** Takes in one message; says whether more may follow that is worth waiting for. */
function takeIn(answers: Answers, { type, body }: PostgresqlMessage): boolean | null {
  if (type === 'R') {
    const code = new ByteReader(body).u32();
    if (code === undefined || code > 12) return null;
    answers.method = METHODS[code] ?? 'other';
    return code === 0;
  }
  if (type === 'E') {
    const fields = readErrorFields(body);
    if (!fields) return null;
    answers.error = errorOf(fields);
    answers.source = fields.get('F');
    return false;
  }
  if (answers.method !== 'trust' && type !== 'N' && type !== 'v') return null;
  const parameter = type === 'S' ? readParameter(body) : null;
  if (parameter) answers.parameters.set(...parameter);
  return type !== 'Z';
}

function errorOf(fields: ReadonlyMap<string, string>): Details['error'] {
  return present({
    severity: fields.get('V') ?? fields.get('S') ?? '',
    code: fields.get('C') ?? '',
    message: fields.get('M') ?? '',
    routine: fields.get('R'),
  });
}

async function start(talk: Conversation): Promise<Answers | null> {
  talk.send(startupMessage());
  const answers: Answers = { parameters: new Map() };
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const bytes = await receiveWhole(talk, messageFrame);
    const message = bytes && readPostgresqlMessage(bytes);
    const more = message ? takeIn(answers, message) : null;
    if (more === null && count === 0) return null;
    if (more !== true) break;
  }
  await terminate(talk, answers);
  return answers;
}

/** Says goodbye. Where a password was expected, PostgreSQL objects to that, naming its source file. */
async function terminate(talk: Conversation, answers: Answers): Promise<void> {
  if (answers.error) return;
  talk.send(TERMINATE);
  if (answers.method === 'trust') return;
  const bytes = await receiveWhole(talk, messageFrame, 1000);
  const message = bytes && readPostgresqlMessage(bytes);
  if (message?.type === 'E') answers.source = readErrorFields(message.body)?.get('F');
}

interface Product {
  readonly product?: string;
  readonly version?: string;
  readonly cpe?: string;
}

function productOf({ parameters, source }: Answers): Product {
  const cockroach = /\bv(\d[\w.-]*)/.exec(parameters.get('crdb_version') ?? '');
  if (cockroach) {
    const version = cockroach[1];
    return present({
      product: 'CockroachDB',
      version,
      cpe: cpe23('cockroachlabs', 'cockroachdb', version),
    });
  }
  const told = parameters.get('server_version');
  if (told === undefined) {
    // The original and its forks are written in C; servers that only speak the protocol are not.
    const original = source?.endsWith('.c') === true;
    return original ? { product: 'PostgreSQL', cpe: cpe23('postgresql', 'postgresql') } : {};
  }
  const bouncer = /^(\d[\d.]*)\/bouncer$/.exec(told)?.[1];
  if (bouncer !== undefined) {
    return {
      product: 'PgBouncer',
      version: bouncer,
      cpe: cpe23('pgbouncer', 'pgbouncer', bouncer),
    };
  }
  const version = /^\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:beta|rc|devel)\d{0,2})?/.exec(told)?.[0];
  return present({
    product: 'PostgreSQL',
    version,
    cpe: cpe23('postgresql', 'postgresql', version),
  });
}

function authOf(answers: Answers): boolean | undefined {
  if (answers.method !== undefined) return answers.method !== 'trust';
  // 28000 and 28P01: pg_hba.conf or the role table refuses us. Other errors say nothing about it.
  return answers.error?.code.startsWith('28') ? true : undefined;
}

/**
 * Asks for TLS, then for a session of user `postern` without a password: the server names the
 * authentication method it wants, and nothing answers that. Where it wants none (trust), it tells
 * its version, and we terminate. No query is sent. Such a try is logged as a failed connection.
 */
export const postgresql = defineProtocol({
  name: 'postgresql',
  title: 'PostgreSQL',
  transport: 'tcp',
  over: 'tcp',
  ports: [5432, 5433, 6432, 8812, 26257],
  manners: 'ask',
  details,

  recognises(bytes) {
    const message = readPostgresqlMessage(bytes);
    return message?.type === 'E' && readErrorFields(message.body) !== null;
  },

  async identify(talk) {
    const bare = talk.tls === undefined;
    const opened = bare ? await offerTls(talk) : { talk, layer: null };
    if (!opened) return null;
    const { layer } = opened;
    const answers = await start(opened.talk);
    if (!answers && !layer) return null;
    return {
      ...(answers && productOf(answers)),
      details: present({
        authRequired: answers ? authOf(answers) : undefined,
        // Inside TLS nothing was learnt about what it would take outside.
        clearTextLogin:
          bare && !layer && answers?.method ? answers.method === 'password' : undefined,
        startTls: bare ? layer !== null : undefined,
        authMethod: answers?.method,
        serverVersion: answers?.parameters.get('server_version'),
        error: answers?.error,
      }),
      ...(layer && { startTls: layer }),
    };
  },
});

interface Offered {
  /** The conversation to go on with. */
  readonly talk: Conversation;
  readonly layer: TlsDetails | null;
}

/** Asks for TLS and enters it; null when the answer is another protocol's. */
async function offerTls(talk: Conversation): Promise<Offered | null> {
  talk.send(SSL_REQUEST);
  const { bytes } = await talk.receive();
  const answer = utf8Text(bytes.subarray(0, 2)); // one letter and nothing after it
  if (answer === 'N') return { talk, layer: null };
  if (answer !== 'S') return null;
  const layer = await talk.startTls({ alpn: ['postgresql'] });
  if (layer) return { talk, layer };
  const fresh = await talk.fresh();
  return fresh && { talk: fresh, layer };
}
