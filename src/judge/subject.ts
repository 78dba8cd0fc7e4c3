import { type KnownPort, knownPort } from '../model/known-ports.ts';
import { isLoopback } from '../model/loopback.ts';
import { isPrivateAddress } from '../model/network.ts';
import type { PortState, Transport } from '../model/port.ts';
import type { Amplification, SharedEdge, Vantage } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import { applicationOfProtocol } from './applications.ts';
import { type Facts, factsOf } from './facts.ts';

/** One port as the scan saw it. */
export interface JudgeInput {
  readonly address: string;
  readonly names: readonly string[];
  readonly transport: Transport;
  readonly port: number;
  readonly state: PortState;
  /** Null or absent: nothing came back, or nobody asked. */
  readonly service?: Service | null;
  /** The shared edge that the address belongs to; absent: none that is known. */
  readonly edge?: SharedEdge;
  /** False when nobody asked what answers, or not to the end; absent counts as asked. */
  readonly identified?: boolean;
  /** Null or absent: no UDP answer was much larger than its question. */
  readonly amplification?: Amplification | null;
}

/** When and from where the look was taken. */
export interface JudgeContext {
  /** ISO 8601. */
  readonly now: string;
  /** Absent: another host. */
  readonly vantage?: Vantage;
  /** Our own address as the host saw it; absent when not known. */
  readonly source?: string;
}

/** How much is known of what answers. */
export type Knowledge = 'not-asked' | 'silent' | 'unrecognised' | 'known';

/** What the rules look at. */
export interface Subject extends Omit<JudgeInput, 'service' | 'identified'> {
  /** Lower-case protocol word; empty when nothing is known. */
  readonly protocol: string;
  readonly knowledge: Knowledge;
  readonly product: string | undefined;
  readonly version: string | undefined;
  /** First bytes that came, readable; empty when none were kept. */
  readonly banner: string;
  readonly facts: Facts;
  /** Of the TLS layer; empty facts where there is none. */
  readonly tls: Facts;
  /** TLS from the first byte. */
  readonly encrypted: boolean;
  readonly known: KnownPort | undefined;
  /** Milliseconds since 1970; NaN when the context's time cannot be read. */
  readonly now: number;
  /** The look came over this machine's own loopback, so it proves nothing about outsiders. */
  readonly overLoopback: boolean;
  readonly source?: string;
  /** The address is reached from its own network only. */
  readonly inside: boolean;
}

function knowledgeOf(service: Service | null, protocol: string, asked: boolean): Knowledge {
  if (service !== null && protocol !== 'unknown') return 'known';
  if (!asked) return 'not-asked';
  if (service === null) return 'silent';
  return service.raw === undefined && service.tls === undefined ? 'silent' : 'unrecognised';
}

export function subjectOf(input: JudgeInput, context: JudgeContext): Subject {
  const { service = null, identified = true, ...port } = input;
  const seen = factsOf(service);
  const protocol = (seen.text('protocol') ?? 'unknown').toLowerCase();
  const knowledge = knowledgeOf(service, protocol, identified);
  const tls = seen.under('tls');
  return {
    ...port,
    knowledge,
    protocol: knowledge === 'known' ? protocol : '',
    product: seen.text('product'),
    version: seen.text('version'),
    banner: seen.under('raw').text('text') ?? '',
    facts: seen.under('details'),
    tls,
    encrypted: tls.flag('startTls') === false,
    known: knownPort(input.transport, input.port),
    now: Date.parse(context.now),
    overLoopback: context.vantage?.kind === 'loopback' || isLoopback(input.address),
    ...(context.source !== undefined && { source: context.source }),
    inside: isPrivateAddress(input.address),
  };
}

const WEB: ReadonlySet<string> = new Set(['http', 'https', 'http2']);
const MAIL: ReadonlySet<string> = new Set(['smtp', 'imap', 'pop3']);

export function isWeb({ protocol }: Subject): boolean {
  return WEB.has(protocol);
}

export function isMail({ protocol }: Subject): boolean {
  return MAIL.has(protocol);
}

/** Mail between servers: encryption is opportunistic there, and nobody checks certificates. */
export function isMailRelay({ protocol, port }: Subject): boolean {
  return protocol === 'smtp' && port === 25;
}

/** Services whose certificate is checked by the programs of people. */
export function isForPeople(subject: Subject): boolean {
  if (isWeb(subject) || applicationOfProtocol(subject.protocol) !== undefined) return true;
  return isMail(subject) && !isMailRelay(subject);
}

/** `Redis 7.2.4`, `Redis`, or the protocol's word. */
export function serviceName({ product, version, protocol }: Subject): string {
  const name = product ?? (protocol === '' ? 'service' : protocol);
  return version === undefined ? name : `${name} ${version}`;
}
