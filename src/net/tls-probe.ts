import { TLS_VERSIONS, type TlsVersion } from '../model/service.ts';
import type { Conversation } from './conversation.ts';
import { clientHello, WIRE_VERSIONS } from './tls-client-hello.ts';
import {
  flightFrame,
  type HelloAnswer,
  readCertificateRequest,
  readServerHello,
} from './tls-server-hello.ts';

const ANSWER_MS = 3_000;
/** The order of asking: the likely ones first. */
const ORDER: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3', 'TLSv1.0', 'TLSv1.1', 'SSLv3'];
/** Versions after which a peer that has not said a word of TLS is not asked on. */
const ENOUGH = 2;
/** Warning alert user_canceled, then close_notify: goodbye in mid-handshake (RFC 8446 §6.1). */
const GOODBYE = [
  [1, 90],
  [1, 0],
] as const;

/** A conversation that may be closed when its question is answered. */
export interface ClosableConversation extends Conversation {
  close?(): void;
}

/** Which versions a peer takes. A version is in none of the lists when it was refused. */
export interface AcceptedVersions {
  /** Oldest first. */
  readonly accepted: readonly TlsVersion[];
  /** Those about which nothing was learned: no connection, or silence. */
  readonly unanswered: readonly TlsVersion[];
  /** The peer asked for a client certificate; absent when it takes only TLS 1.3, where it is hidden. */
  readonly clientCertificateRequested?: boolean;
  /** Alert (RFC 8446 §6) by which the newest version was refused, when every version was. */
  readonly alert?: number;
}

interface Answer {
  readonly hello: HelloAnswer | null;
  /** The peer ended the connection without a word of TLS, or said something else. */
  readonly refused: boolean;
  readonly certificateRequest: boolean | undefined;
}

function sayGoodbye(talk: Conversation, version: TlsVersion): void {
  const minor = Math.min(WIRE_VERSIONS[version], 0x0303) & 0xff;
  for (const alert of GOODBYE) talk.send(Uint8Array.of(21, 3, minor, 0, 2, ...alert));
}

async function askVersion(talk: Conversation, version: TlsVersion): Promise<Answer> {
  talk.send(clientHello(version, talk.serverName));
  const { bytes, end } = await talk.receive(flightFrame, ANSWER_MS);
  const hello = readServerHello(bytes);
  if (hello?.kind === 'hello') sayGoodbye(talk, version);
  return {
    hello,
    refused: end === 'closed' || end === 'reset' || end === 'complete',
    certificateRequest: readCertificateRequest(bytes),
  };
}

async function askOnFresh(
  open: () => Promise<ClosableConversation | null>,
  version: TlsVersion,
): Promise<Answer | null> {
  const talk = await open();
  if (talk === null) return null;
  const answer = await askVersion(talk, version);
  talk.close?.();
  return answer;
}

type Answers = ReadonlyMap<TlsVersion, Answer>;

function summary(answers: Answers): AcceptedVersions {
  const helloOf = (version: TlsVersion) => answers.get(version)?.hello;
  const accepted = TLS_VERSIONS.filter((version) => {
    const hello = helloOf(version);
    return hello?.kind === 'hello' && hello.version === version;
  });
  const unanswered = TLS_VERSIONS.filter((version) => {
    const answer = answers.get(version);
    return answer === undefined || (answer.hello === null && !answer.refused);
  });
  const requests = [...answers.values()].map(({ certificateRequest }) => certificateRequest);
  const requested = requests.findLast((request) => request !== undefined);
  const alert = TLS_VERSIONS.map(helloOf).findLast((hello) => hello?.kind === 'alert');
  return {
    accepted,
    unanswered,
    ...(requested !== undefined && { clientCertificateRequested: requested }),
    ...(accepted.length === 0 && alert?.kind === 'alert' && { alert: alert.description }),
  };
}

/**
 * Asks for SSL 3.0 to TLS 1.3, each alone, on a connection of its own. `open` gives a conversation
 * on the bare transport (spaced as it sees fit) or null; after one null nothing more is opened, nor
 * after two answers that were not TLS. For ports where TLS begins with the first byte.
 */
export async function acceptedTlsVersions(
  open: () => Promise<ClosableConversation | null>,
): Promise<AcceptedVersions> {
  const answers = new Map<TlsVersion, Answer>();
  let spoken = false;
  for (const version of ORDER) {
    const answer: Answer | null =
      answers.size < ENOUGH || spoken ? await askOnFresh(open, version) : null;
    if (answer === null) break;
    answers.set(version, answer);
    spoken ||= answer.hello !== null;
  }
  return summary(answers);
}
