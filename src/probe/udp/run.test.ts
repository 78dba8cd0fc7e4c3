import { describe, expect, it } from 'vitest';
import { isSilence, type ProbeOptions, type Told } from '../engine.ts';
import type { Addressee, Carrier, CarrierSink } from './carrier.ts';
import { REFUSED } from './carrier.ts';
import { UdpRun } from './run.ts';

interface Sent {
  readonly port: number;
  readonly at: number;
}

/** A host of which a function says what comes back, on a clock of the test's own. */
class Scripted implements Carrier<Addressee> {
  readonly name = 'scripted';
  readonly capacity = 1000;
  readonly sent: Sent[] = [];
  now = 0;
  readonly #reply: (sent: Sent, sink: CarrierSink) => void;
  readonly #waiting: Sent[] = [];

  constructor(reply: (sent: Sent, sink: CarrierSink) => void) {
    this.#reply = reply;
  }

  target(address: string): Addressee {
    return { key: address };
  }

  send(_: Addressee, port: number): null {
    const sent = { port, at: this.now };
    this.sent.push(sent);
    this.#waiting.push(sent);
    return null;
  }

  collect(sink: CarrierSink): void {
    for (const sent of this.#waiting.splice(0)) this.#reply(sent, sink);
  }

  flush(): void {}
  release(): void {}
  wait(): Promise<void> {
    return Promise.resolve();
  }
  wake(): void {}
  close(): void {}
}

const HOST = '192.0.2.1';

function runOver(carrier: Scripted, ports: readonly number[], warn: (text: string) => void) {
  const options: ProbeOptions = {
    pace: { rate: 'max', perHost: 'max' },
    signal: new AbortController().signal,
    stats: { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 },
    warn,
  };
  const question = { name: 'one', ports: [], anywhere: true, payload: () => new Uint8Array(1) };
  const run = new UdpRun(carrier, [question], ports, options, () => carrier.now);
  run.admit(HOST);
  const told: Told[] = [];
  while (!run.idle) {
    told.push(...run.step());
    carrier.now += Math.max(1, run.restMs());
  }
  return told;
}

const PORTS = Array.from({ length: 20 }, (_, at) => at + 1);

describe('a run over UDP', () => {
  it('gives a host up that refused once and never again, and says so once', () => {
    let refused = 0;
    const carrier = new Scripted(({ port }, sink) => {
      if (refused === 0) sink.failure(HOST, port, REFUSED);
      refused += 1;
    });
    const notes: string[] = [];
    const told = runOver(carrier, PORTS, (text) => notes.push(text));
    const silent = told.filter(isSilence).flatMap(({ ports }) => ports);
    expect(silent).toHaveLength(19);
    expect(told.filter((one) => !isSilence(one))).toMatchObject([{ state: 'closed' }]);
    expect(carrier.now).toBeGreaterThan(60_000);
    expect(carrier.now).toBeLessThan(70_000);
    expect(notes).toEqual([expect.stringContaining('19 UDP ports stay open|filtered')]);
    // volleys of one port and a witness, at most every four seconds in the end
    expect(carrier.sent.filter(({ at }) => at > 10_000).length).toBeLessThan(40);
  });

  it('believes the silence of a host that never refused anything', () => {
    const carrier = new Scripted(() => undefined);
    const told = runOver(carrier, PORTS, () => undefined);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ state: 'open|filtered', transport: 'udp' });
    expect(carrier.sent).toHaveLength(40);
    expect(carrier.now).toBeLessThan(4000);
  });

  it('takes an answer that comes after the next question has been asked', () => {
    const carrier = new Scripted(({ at }, sink) => {
      if (at > 900) sink.datagram(HOST, 53, Uint8Array.of(1), 1);
    });
    const told = runOver(carrier, [53], () => undefined);
    expect(told).toMatchObject([{ state: 'open', datagram: { question: 'one', received: 1 } }]);
    expect(told[0]).not.toHaveProperty('rttMs');
  });

  it('ignores answers of ports that nobody asked, and of other hosts', () => {
    const carrier = new Scripted((_, sink) => {
      sink.datagram(HOST, 54, Uint8Array.of(1), 1);
      sink.datagram('192.0.2.2', 53, Uint8Array.of(1), 1);
      sink.failure('192.0.2.2', 53, REFUSED);
    });
    expect(runOver(carrier, [53], () => undefined)).toMatchObject([{ ports: [53] }]);
  });
});
