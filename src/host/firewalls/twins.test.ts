import { describe, expect, it } from 'vitest';
import { readIptables } from '../../firewall/kinds/iptables/read.ts';
import { nftables } from '../../firewall/kinds/nftables/nftables.ts';
import type { Layer } from '../../firewall/layer.ts';
import { withoutTwins } from './twins.ts';

/** iptables-nft 1.8.9: `-A INPUT -m comment --comment web -p tcp --dport 80 -j ACCEPT`, as nft tells it. */
const NFT = `table ip filter {
  chain INPUT {
    type filter hook input priority filter; policy drop;
    tcp dport 80 counter accept
  }
}
table inet own {
  chain input { type filter hook input priority 10; policy accept; tcp dport 23 drop; }
}
`;
const SAVED = `*filter
:INPUT DROP [0:0]
-A INPUT -p tcp -m tcp --dport 80 -m comment --comment web -j ACCEPT
COMMIT
`;

function nft(unread: readonly string[] = []): Layer {
  return { ...nftables.read([{ origin: 'nft', text: NFT }], 'live'), unread };
}

function saved(text = SAVED): Layer {
  return readIptables([{ origin: 'iptables-nft-save', text }], 'live');
}

function tablesOf(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap(({ kind, tables }) =>
    tables.map(({ family, name }) => `${kind}: ${family} ${name}`),
  );
}

describe('tables that nft and iptables both tell', () => {
  it('are kept as iptables tells them', () => {
    const layers = withoutTwins(nft(), saved());
    expect(tablesOf(layers)).toEqual(['nftables: inet own', 'iptables: ip filter']);
  });

  it('are kept as nft tells them where iptables does not understand all', () => {
    const layers = withoutTwins(nft(), saved(SAVED.replace('comment web', 'comment web -m who')));
    expect(tablesOf(layers)).toEqual(['nftables: ip filter', 'nftables: inet own']);
    expect(layers).toHaveLength(1);
  });

  it.each([
    ['nothing', "# Table `filter' is incompatible, use 'nft' tool.\n"],
    ['a part', `# Table \`filter' contains incompatible base-chains, use 'nft' tool.\n${SAVED}`],
  ])('are kept as nft tells them where iptables tells %s', (_, text) => {
    const layers = withoutTwins(nft(), saved(text));
    expect(tablesOf(layers)).toEqual(['nftables: ip filter', 'nftables: inet own']);
    expect(layers.flatMap(({ unread }) => unread)).toEqual([]);
  });

  it('both stay where nft could not tell', () => {
    const empty = { ...nft(['nft: failed']), tables: [] };
    const layers = withoutTwins(empty, saved());
    expect(layers.map(({ unread }) => unread)).toEqual([['nft: failed'], []]);
    expect(tablesOf(layers)).toEqual(['iptables: ip filter']);
  });

  it('that only iptables tells of and cannot tell whole are not read whole', () => {
    const text = "# Table `mangle' is incompatible, use 'nft' tool.\n";
    const layers = withoutTwins(nft(), saved(text + SAVED));
    expect(layers.flatMap(({ unread }) => unread).join()).toContain('mangle');
  });
});
