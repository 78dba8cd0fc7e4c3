import type { z } from 'zod';
import type { Identity, Protocol } from '../../src/identify/plugin.ts';
import type { TlsDetails } from '../../src/model/service.ts';
import { Peer } from '../../src/net/peer.ts';
import type { Budget, Talk } from '../../src/net/talk.ts';

export interface TalkOptions {
  readonly port: number;
  readonly address?: string;
  readonly serverName?: string;
  /** Enter TLS before the protocol starts. */
  readonly tls?: boolean;
  readonly budget?: Partial<Budget>;
}

/** A conversation with a loopback port; the caller closes it. Throws when it cannot be had. */
export async function talkTo(options: TalkOptions): Promise<Talk> {
  const peer = new Peer({
    address: options.address ?? '127.0.0.1',
    port: options.port,
    signal: new AbortController().signal,
    ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
    ...(options.budget === undefined ? {} : { budget: options.budget }),
  });
  const opened = await peer.open(options.tls === true ? {} : undefined);
  if (opened.failure !== undefined) throw new Error(`no conversation: ${opened.failure}`);
  return opened.talk;
}

/** What `protocol` makes of a loopback port, its details checked against its schema, and TLS. */
export async function identifyAt<Schema extends z.ZodType>(
  protocol: Protocol<Schema>,
  options: TalkOptions,
): Promise<(Identity<z.infer<Schema>> & { tls?: TlsDetails }) | null> {
  const talk = await talkTo(options);
  try {
    const identity = await protocol.identify(talk);
    if (identity === null) return null;
    protocol.details.parse(identity.details);
    return talk.tls === undefined ? identity : { ...identity, tls: talk.tls };
  } finally {
    talk.close();
  }
}
