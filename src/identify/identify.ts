import { setMaxListeners } from 'node:events';
import { type Service, TLS_VERSIONS, type TlsDetails } from '../model/service.ts';
import type { Conversation } from '../net/conversation.ts';
import { Peer } from '../net/peer.ts';
import type { Budget, Talk } from '../net/talk.ts';
import { acceptedTlsVersions } from '../net/tls-probe.ts';
import { boundDetails } from './bound-details.ts';
import { byFrequency, type Layer, mayThink, recognisedIn, suggestedBy } from './order.ts';
import type { Identity, Protocol } from './plugin.ts';
import { rawOf } from './raw.ts';

/** Wait for a greeting where nothing suggests one. */
const GREETING_MS = 1500;
/** Ports of raw printing (AppSocket): whatever arrives there is printed, so nothing is sent. */
const PRINTED = { first: 9100, last: 9107 };
const LINE_FEED = 0x0a;
/** Questions to a peer that hangs up at once, before it counts as mute. */
const ASKED_OF_SHUNNING = 2;
/** A greeting this long is whole enough for anybody to recognise. */
const GREETING_BYTES = 512;
/** Quiet after which a greeting without a line end counts as whole. */
const GREETING_QUIET_MS = 400;
/** Wait where the port suggests a server that speaks first: mail servers hold greetings back to unmask spammers (6 s by default in postscreen). */
const SUGGESTED_GREETING_MS = 7000;
/** Wait for the first word in answer to a question that nothing suggested, beside ten round trips. */
const UNSUGGESTED_MS = 600;
const UNSUGGESTED_HTTP_MS = 3000;
/** Time for a TLS handshake that nothing suggested, beside ten round trips. */
const UNSUGGESTED_TLS_MS = 1500;
/** Time for one port in all. */
const PORT_MS = 60_000;

export interface IdentifyOptions {
  readonly address: string;
  readonly port: number;
  /** Host name for SNI and Host headers. */
  readonly serverName?: string;
  readonly signal: AbortSignal;
  readonly protocols: readonly Protocol[];
  readonly budget?: Partial<Budget>;
  /** Time for the port in all, in milliseconds. Default 60,000. */
  readonly timeMs?: number;
  /** Called when a plugin threw, which is a fault of ours: plugins answer null. */
  readonly onFault?: (protocol: string, fault: unknown) => void;
}

/**
 * Says what answers on an open TCP port, whatever its number: what the port suggests, then a
 * greeting, TLS with everything inside it, HTTP, then the rest, each on a fresh connection. Null
 * when nothing ever came back; protocol `unknown` when bytes came that nobody knew. Never rejects.
 */
export async function identify(options: IdentifyOptions): Promise<Service | null> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, options.timeMs ?? PORT_MS);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    return await new Identification({ ...options, signal: controller.signal }).run();
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', stop);
  }
}

interface Found {
  readonly protocol: Protocol;
  readonly identity: Identity<unknown>;
  readonly received: Uint8Array;
}

class Identification {
  readonly #options: IdentifyOptions;
  readonly #peer: Peer;
  readonly #protocols: readonly Protocol[];
  /** What was already asked, per layer. */
  readonly #tried: Record<Layer, Set<Protocol>> = { bare: new Set(), tls: new Set() };
  #tls: TlsDetails | undefined;
  #tlsTried = false;
  /** The peer hung up before we had said anything: it talks to nobody, or not to us. */
  #shuns = false;
  /** The peer spoke first: it is not waiting for a TLS ClientHello. */
  #greetedBare = false;
  /** The most that any attempt brought, per layer. */
  readonly #heard: Partial<Record<Layer, Uint8Array>> = {};

  constructor(options: IdentifyOptions) {
    this.#options = options;
    this.#protocols = options.protocols.filter((protocol) => protocol.transport === 'tcp');
    this.#peer = new Peer(options);
  }

  async run(): Promise<Service | null> {
    const found = await this.#find();
    const refined = found === null ? null : await this.#refine(found);
    if (this.#tls !== undefined) this.#tls = await this.#withVersions(this.#tls);
    return refined === null ? this.#unrecognised() : this.#service(refined);
  }

  async #find(): Promise<Found | null> {
    const port = this.#peer.port;
    if (port >= PRINTED.first && port <= PRINTED.last) return this.#overhear();
    const suggested = suggestedBy(this.#protocols, port, 'bare');
    const insideTls = suggestedBy(this.#protocols, port, 'tls');
    if (insideTls.length > 0) {
      const plain = await this.#askPlain(suggested.filter((one) => insideTls.includes(one)));
      if (plain !== null) return plain;
      const inside = await this.#insideTls();
      if (inside !== null || this.#tls !== undefined) return inside;
    }
    const asked = suggested.some((protocol) => protocol.manners === 'ask');
    return (
      (await this.#askEach('bare', suggested)) ??
      (asked ? null : await this.#greeted('bare')) ??
      (this.#greetedBare || this.#tlsTried ? null : await this.#insideTls()) ??
      (this.#tls === undefined ? await this.#askRest('bare') : null)
    );
  }

  /**
   * Where a port carries a protocol bare as well as in TLS, the bare question is refused at once by
   * a TLS server, while a ClientHello can be waited out: Redis takes it for half a command.
   */
  #askPlain(both: readonly Protocol[]): Promise<Found | null> {
    return this.#askEach(
      'bare',
      both.filter(({ manners }) => manners === 'ask'),
    );
  }

  /** Listens and says nothing: only a greeting can tell what this is. */
  async #overhear(): Promise<Found | null> {
    const talk = await this.#open('bare');
    if (talk === null) return null;
    await this.#hearGreeting('bare', talk, GREETING_MS);
    this.#hear('bare', talk.received);
    talk.close();
    return null;
  }

  /** Enters TLS and looks inside; `#tls` is set when the layer stood, whatever was inside. */
  async #insideTls(): Promise<Found | null> {
    this.#tlsTried = true;
    const suggested = suggestedBy(this.#protocols, this.#peer.port, 'tls');
    const patience = suggested.length > 0 ? undefined : this.#patience(UNSUGGESTED_TLS_MS);
    const opened = await this.#peer.open({}, patience);
    this.#tls = opened.failure === undefined ? opened.talk.tls : opened.refused;
    if (opened.failure !== undefined) return null;
    const first = suggested.find((protocol) => protocol.over === 'tcp');
    const early =
      first === undefined
        ? this.#greeted('tls', opened.talk)
        : this.#ask('tls', first, opened.talk).finally(() => opened.talk.close());
    return (
      (await early) ??
      (await this.#askEach('tls', suggested)) ??
      (first === undefined ? null : await this.#greeted('tls')) ??
      (await this.#askRest('tls'))
    );
  }

  /** Waits for the peer to speak first and lets whoever recognises the greeting go on. */
  async #greeted(layer: Layer, opened?: Talk): Promise<Found | null> {
    const talk = opened ?? (await this.#open(layer));
    if (talk === null) return null;
    try {
      if (!(await this.#hearGreeting(layer, talk, GREETING_MS))) {
        this.#shuns ||= talk.ended === 'closed' || talk.ended === 'reset';
        return null;
      }
      if (layer === 'bare') this.#greetedBare = true;
      this.#hear(layer, talk.received);
      const [first, ...others] = this.#untried(
        layer,
        recognisedIn(this.#protocols, talk.received, layer),
      );
      if (first === undefined) return null;
      const found = await this.#ask(layer, first, talk);
      talk.close(); // some servers serve one client at a time
      return found ?? (await this.#askEach(layer, others));
    } finally {
      talk.close();
    }
  }

  /**
   * Waits for a greeting until somebody recognises it, its first line is whole or the peer falls
   * quiet, and leaves it unread. False when nothing came.
   */
  async #hearGreeting(layer: Layer, talk: Talk, waitMs: number): Promise<boolean> {
    let spoke = await talk.peek(0, waitMs);
    const settled = (): boolean =>
      talk.received.length >= GREETING_BYTES ||
      talk.received.includes(LINE_FEED) ||
      recognisedIn(this.#protocols, talk.received, layer).length > 0;
    while (spoke && !settled()) spoke = await talk.peek(talk.received.length, GREETING_QUIET_MS);
    return talk.received.length > 0;
  }

  /** Asks each in turn, on a connection of its own; answers that look like another one move it up. */
  async #askEach(
    layer: Layer,
    candidates: readonly Protocol[],
    suggested = true,
  ): Promise<Found | null> {
    const queue = [...candidates];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (this.#options.signal.aborted) return null;
      if (this.#tried[layer].has(next) || next.over !== 'tcp') continue;
      const waitMs = mayThink(next) ? UNSUGGESTED_HTTP_MS : UNSUGGESTED_MS;
      const patience = suggested ? undefined : this.#patience(waitMs);
      const talk = await this.#open(layer, patience);
      if (talk === null) return null;
      const found = await this.#ask(layer, next, talk).finally(() => talk.close());
      if (found !== null) return found;
      queue.unshift(...this.#untried(layer, recognisedIn(this.#protocols, talk.received, layer)));
    }
    return null;
  }

  /** Whatever nothing suggested; where the peer shuns us only the likeliest, lest we be a nuisance. */
  #askRest(layer: Layer): Promise<Found | null> {
    const rest = byFrequency(this.#protocols, layer);
    return this.#askEach(layer, this.#shuns ? rest.slice(0, ASKED_OF_SHUNNING) : rest, false);
  }

  async #ask(layer: Layer, protocol: Protocol, talk: Talk): Promise<Found | null> {
    this.#tried[layer].add(protocol);
    if (protocol.manners === 'listen' && talk.received.length === 0) {
      const spoke = await this.#hearGreeting(layer, talk, SUGGESTED_GREETING_MS);
      if (!spoke || protocol.recognises?.(talk.received) === false) {
        this.#hear(layer, talk.received);
        return null;
      }
    }
    const identity = await this.#identify(protocol, talk);
    this.#hear(layer, talk.received);
    if (protocol.manners === 'ask' && talk.echoed) return null;
    return identity === null ? null : { protocol, identity, received: talk.received };
  }

  async #identify(protocol: Protocol, talk: Conversation): Promise<Identity<unknown> | null> {
    try {
      return await protocol.identify(talk);
    } catch (fault) {
      this.#options.onFault?.(protocol.name, fault);
      return null;
    }
  }

  /** An application behind HTTP says more than "http" does. */
  async #refine(found: Found): Promise<Found> {
    if (!found.protocol.name.startsWith('http')) return found;
    const layer: Layer = this.#tls === undefined ? 'bare' : 'tls';
    const suggested = this.#protocols.filter(
      (protocol) =>
        protocol.ports.includes(this.#peer.port) || protocol.tlsPorts?.includes(this.#peer.port),
    );
    const candidates = new Set([
      ...recognisedIn(this.#protocols, found.received, layer),
      ...suggested,
    ]);
    for (const protocol of this.#untried(layer, [...candidates])) {
      if (protocol.over !== 'http') continue;
      const talk = await this.#open(layer);
      if (talk === null) break;
      const better = await this.#ask(layer, protocol, talk).finally(() => talk.close());
      if (better !== null) return { ...better, identity: withHttp(better, found) };
    }
    return found;
  }

  /** Which versions the peer takes, each asked alone. */
  async #withVersions(tls: TlsDetails): Promise<TlsDetails> {
    const { accepted, clientCertificateRequested } = await acceptedTlsVersions(() =>
      this.#open('bare'),
    );
    const versions = TLS_VERSIONS.filter(
      (version) => accepted.includes(version) || version === tls.version,
    );
    return {
      ...tls,
      versions,
      ...(clientCertificateRequested === undefined ? {} : { clientCertificateRequested }),
    };
  }

  #untried(layer: Layer, protocols: readonly Protocol[]): Protocol[] {
    return protocols.filter((protocol) => !this.#tried[layer].has(protocol));
  }

  #patience(ms: number): number {
    return ms + 10 * this.#peer.rttMs;
  }

  async #open(layer: Layer, patienceMs?: number): Promise<Talk | null> {
    const opened = await this.#peer.open(layer === 'tls' ? {} : undefined, patienceMs);
    return opened.talk ?? null;
  }

  #hear(layer: Layer, bytes: Uint8Array): void {
    if (bytes.length > (this.#heard[layer]?.length ?? 0)) this.#heard[layer] = bytes;
  }

  #service(found: Found): Service {
    const { protocol, identity, received } = found;
    const tls = identity.startTls ?? this.#tls;
    return {
      protocol: protocol.name,
      ...(identity.product === undefined ? {} : { product: identity.product }),
      ...(identity.version === undefined ? {} : { version: identity.version }),
      ...(identity.cpe === undefined ? {} : { cpe: identity.cpe }),
      ...(tls === undefined ? {} : { tls }),
      details: boundDetails(identity.details),
      ...(received.length === 0 ? {} : { raw: rawOf(received, true) }),
    };
  }

  #unrecognised(): Service | null {
    const heard =
      this.#tls === undefined ? this.#heard.bare : (this.#heard.tls ?? this.#heard.bare);
    if (this.#tls === undefined && heard === undefined) return null;
    return {
      protocol: this.#tls === undefined ? 'unknown' : 'tls',
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      ...(heard === undefined ? {} : { raw: rawOf(heard, false) }),
    };
  }
}

/** An application behind HTTP keeps what HTTP itself told (title, headers, clear-text login). */
function withHttp(application: Found, http: Found): Identity<unknown> {
  const details = { ...asObject(http.identity.details), ...asObject(application.identity.details) };
  return { ...application.identity, details };
}

function asObject(details: unknown): object {
  return typeof details === 'object' && details !== null ? details : {};
}
