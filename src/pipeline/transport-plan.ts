import type { Outcome, Transport } from '../model/port.ts';
import type { Engine } from '../probe/engine.ts';

/** What is asked over one transport. */
export interface TransportInput {
  /** Empty: the transport is not looked at. */
  readonly ports: readonly number[];
  /** The ports to ask of one address, some of `ports`; absent: all of them. */
  readonly portsOf?: (address: string) => readonly number[];
  readonly engine: Engine;
}

/** Which ports are asked of which address over one transport, less what earlier runs know. */
export class TransportPlan {
  readonly #input: TransportInput;
  /** Ports still to be asked of hosts that an earlier run began. */
  readonly #rest = new Map<string, readonly number[]>();

  constructor(input: TransportInput) {
    this.#input = input;
  }

  get engine(): Engine {
    return this.#input.engine;
  }

  get transport(): Transport {
    return this.#input.engine.transport;
  }

  get ports(): readonly number[] {
    return this.#input.ports;
  }

  /** Whether every address is asked for all ports. */
  get isWhole(): boolean {
    return this.#input.portsOf === undefined;
  }

  /** All ports of an address whose outcomes make it finished. */
  expected(address: string): readonly number[] {
    return this.#input.portsOf?.(address) ?? this.#input.ports;
  }

  /** Those of them that earlier runs do not know. */
  rest(address: string, known: readonly Outcome[]): readonly number[] {
    const told = new Set<number>();
    for (const { transport, port } of known) if (transport === this.transport) told.add(port);
    return this.expected(address).filter((port) => !told.has(port));
  }

  /** From now on only `rest` is asked of an address that will come. */
  keep(address: string, rest: readonly number[]): void {
    this.#rest.set(address, rest);
  }

  /** What the engine asks of an address. */
  left(address: string): readonly number[] {
    return this.#rest.get(address) ?? this.expected(address);
  }

  /** Those of the addresses of which anything is left to ask. */
  async *wanted(addresses: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const address of addresses) {
      if (this.left(address).length > 0) yield address;
      else this.#rest.delete(address);
    }
  }

  /**
   * To be called when a host is finished. Over a transport that had nothing left it may be finished
   * before its address has come: `wanted` forgets those.
   */
  forget(address: string): void {
    if (this.#rest.get(address)?.length !== 0) this.#rest.delete(address);
  }
}
