import type { EdgeList } from '../model/edge-list.ts';
import { readNetwork } from '../model/network.ts';
import type { SharedEdge } from '../model/scan.ts';
import { IntervalTable, type Span } from '../targets/intervals.ts';

type Table = IntervalTable<bigint>;

interface Provider {
  readonly list: EdgeList;
  readonly v4: Table;
  readonly v6: Table;
}

/** Looks addresses up in the lists that providers of shared edges publish. */
export class EdgeTable {
  readonly #providers: readonly Provider[];

  /** Networks that cannot be read are left out. The first list that holds an address has it. */
  constructor(lists: readonly EdgeList[]) {
    this.#providers = lists.map((list) => ({ list, v4: tableOf(list, 4), v6: tableOf(list, 6) }));
  }

  /** The edge that an address belongs to; undefined for any other, and for what is no address. */
  of(address: string): SharedEdge | undefined {
    const read = readNetwork(address);
    if (read === null) return undefined;
    const found = this.#providers.find(({ v4, v6 }) =>
      (read.family === 4 ? v4 : v6).has(read.first),
    );
    return found && edgeOf(found.list, address);
  }
}

function edgeOf({ provider, source, asOf }: EdgeList, address: string): SharedEdge {
  return {
    provider,
    basis: 'list',
    evidence: [`${address} is in the ranges that ${provider} publishes (${source}, as of ${asOf})`],
  };
}

function tableOf({ networks }: EdgeList, family: 4 | 6): Table {
  const spans = networks.flatMap((text): Span<bigint>[] => {
    const network = readNetwork(text);
    if (network?.family !== family) return [];
    return [{ start: network.first, end: network.last + 1n }];
  });
  return IntervalTable.of(spans);
}
