import { describe, expect, it } from 'vitest';
import { udpPeer } from '../../test/helpers/udp-peer.ts';
import { DatagramTalk } from './datagram-talk.ts';

const QUESTION = Uint8Array.of(1, 2);

function talkTo(peer: { address: string; port: number }, signal = new AbortController().signal) {
  return new DatagramTalk({ address: peer.address, port: peer.port, signal });
}

describe('DatagramTalk', () => {
  it.each(['127.0.0.1', '::1'])('counts all that comes, on %s', async (address) => {
    await using peer = await udpPeer(() => [Buffer.alloc(5000, 1), Buffer.alloc(10)], address);
    const talk = talkTo(peer);
    expect(await talk.ask(QUESTION)).toEqual(new Uint8Array(4096).fill(1));
    expect(talk.exchanges).toEqual([{ sent: 2, received: 5010 }]);
  });

  it('asks twice and tells silence', async () => {
    await using peer = await udpPeer(() => []);
    const talk = talkTo(peer);
    expect(await talk.ask(QUESTION, 50)).toBeNull();
    expect(peer.received).toHaveLength(2);
    expect(talk.exchanges).toEqual([]);
  });

  it('takes the answer to its second try', async () => {
    await using peer = await udpPeer((datagram, index) => (index === 0 ? [] : [datagram]));
    expect(await talkTo(peer).ask(QUESTION, 50)).toEqual(QUESTION);
  });

  it('ends at a refusal, at an abort and after 24 questions', async () => {
    const gone = await udpPeer(() => []);
    await gone.close();
    expect(await talkTo(gone).ask(QUESTION, 10_000)).toBeNull();
    await using peer = await udpPeer((datagram) => [datagram]);
    expect(await talkTo(peer, AbortSignal.abort()).ask(QUESTION)).toBeNull();
    await using silent = await udpPeer(() => []);
    const talk = talkTo(silent);
    for (let question = 0; question < 20; question += 1) await talk.ask(QUESTION, 5);
    expect(silent.received.length).toBeLessThanOrEqual(24);
  });
});
