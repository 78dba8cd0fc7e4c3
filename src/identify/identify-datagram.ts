import type { DatagramFacts } from '../model/port.ts';
import type { Service } from '../model/service.ts';
import { DatagramTalk, type Exchange } from '../net/datagram-talk.ts';
import { within } from '../net/within.ts';
import { boundDetails } from './bound-details.ts';
import type { DatagramProtocol } from './datagram.ts';
import { ASKED_ANYWHERE } from './datagrams.ts';
import type { Identity } from './plugin.ts';
import { rawOf } from './raw.ts';
import { randomToken } from './token.ts';

/** Time for one port in all. */
const PORT_MS = 20_000;
/** Wait for each further question to a port whose first answer nobody knew. */
const GUESS_MS = 600;

export interface IdentifyDatagramOptions {
  readonly address: string;
  readonly port: number;
  /** What answered. */
  readonly datagram: DatagramFacts;
  readonly signal: AbortSignal;
  readonly protocols: readonly DatagramProtocol[];
  /** Called when a protocol threw, which is a fault of ours. */
  readonly onFault?: (protocol: string, fault: unknown) => void;
}

export interface DatagramIdentity {
  /** Protocol `unknown` when nobody knew the bytes. */
  readonly service: Service;
  /** Sizes of all questions that were answered, the engine's first. */
  readonly exchanges: readonly Exchange[];
}

interface Found {
  readonly protocol: DatagramProtocol;
  readonly identity: Identity<unknown>;
  readonly payload: Uint8Array;
}

/**
 * Says what answers on a UDP port: whoever's question was answered reads it first, then the protocols
 * of the port, then all others; when nobody knows the answer, more questions are asked. Never rejects.
 */
export async function identifyDatagram(
  options: IdentifyDatagramOptions,
): Promise<DatagramIdentity> {
  const { address, port, datagram, protocols } = options;
  const signal = within(PORT_MS, options.signal);
  const talk = new DatagramTalk({ address, port, signal });
  const { question, payload, sent, received } = datagram;
  const order = inOrder(protocols, question, port);
  // after a second try both are in `sent`
  const isMirrored = payload.length === sent || payload.length * 2 === sent;
  const readers = isMirrored ? order.filter((one) => isAtHome(one, question, port)) : order;
  const found =
    readWith(readers, payload, { port, question }, options) ?? (await guess(order, talk, options));
  const service = found === null ? unknownOf(payload) : await known(found, talk, options);
  return { service, exchanges: [{ sent, received }, ...talk.exchanges] };
}

/** Whose question it was, who is at home on the port, everybody else. */
function inOrder(
  protocols: readonly DatagramProtocol[],
  question: string,
  port: number,
): readonly DatagramProtocol[] {
  const rank = ({ questions, ports }: DatagramProtocol): number => {
    if (questions.some(({ name }) => name === question)) return 0;
    return ports.includes(port) ? 1 : 2;
  };
  return protocols.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * Whether a protocol may read bytes that may be our own question sent back: one that asks by chance
 * looks like an answer of another once in some hundred times.
 */
function isAtHome({ questions, ports }: DatagramProtocol, question: string, port: number): boolean {
  return ports.includes(port) || questions.some(({ name }) => name === question);
}

function readWith(
  protocols: readonly DatagramProtocol[],
  payload: Uint8Array,
  context: { port: number; question: string },
  { onFault }: IdentifyDatagramOptions,
): Found | null {
  for (const protocol of protocols) {
    try {
      const identity = protocol.read(payload, context);
      if (identity !== null) return { protocol, identity, payload };
    } catch (fault) {
      onFault?.(protocol.name, fault);
    }
  }
  return null;
}

/** Asks the questions that are asked anywhere, until somebody knows the answer. */
async function guess(
  protocols: readonly DatagramProtocol[],
  talk: DatagramTalk,
  options: IdentifyDatagramOptions,
): Promise<Found | null> {
  const { port, datagram } = options;
  for (const { questions } of ASKED_ANYWHERE) {
    const [question] = questions;
    if (question === undefined || question.name === datagram.question) continue;
    const asked = question.payload(randomToken());
    const payload = await talk.ask(asked, GUESS_MS);
    if (payload === null) continue;
    const readers =
      Buffer.compare(asked, payload) === 0
        ? protocols.filter((one) => isAtHome(one, question.name, port))
        : protocols;
    const found = readWith(readers, payload, { port, question: question.name }, options);
    if (found !== null) return found;
  }
  return null;
}

async function known(
  found: Found,
  talk: DatagramTalk,
  { onFault }: IdentifyDatagramOptions,
): Promise<Service> {
  const { protocol, payload } = found;
  let { identity } = found;
  try {
    const more = await protocol.follow?.(identity, (bytes, waitMs) => talk.ask(bytes, waitMs));
    if (more !== undefined) identity = more;
  } catch (fault) {
    onFault?.(protocol.name, fault);
  }
  return {
    protocol: protocol.name,
    ...(identity.product === undefined ? {} : { product: identity.product }),
    ...(identity.version === undefined ? {} : { version: identity.version }),
    ...(identity.cpe === undefined ? {} : { cpe: identity.cpe }),
    details: boundDetails(identity.details),
    ...(payload.length === 0 ? {} : { raw: rawOf(payload, true) }),
  };
}

function unknownOf(payload: Uint8Array): Service {
  return {
    protocol: 'unknown',
    ...(payload.length === 0 ? {} : { raw: rawOf(payload, false) }),
  };
}
