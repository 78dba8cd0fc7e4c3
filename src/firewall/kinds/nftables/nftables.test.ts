import { describe, expect, it } from 'vitest';
import type { Change } from '../../kind.ts';
import { nftables } from './nftables.ts';

const CLOSE: Change = { transport: 'tcp', port: 5432, families: [4, 6], reason: 'a test' };

function recognizes(text: string): boolean {
  return nftables.recognizes({ origin: 'x', text });
}

describe('nftables', () => {
  it.each([
    '{"nftables": [{"metainfo": {}}]}',
    '{ "nftables": [\n',
    '#!/usr/sbin/nft -f\n\nflush ruleset\n',
    'table inet filter {\n',
    '  add table ip6 nat\n',
    'table filter { chain c { } }\n',
    nftables.write({ allow: [] })[0]?.text ?? '',
  ])('recognizes %j', (text) => {
    expect(recognizes(text)).toBe(true);
  });

  it.each([
    '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n',
    'table <bruteforce> persist\nblock in all\n',
    '{"SecurityGroups": []}',
    '### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n',
    '',
  ])('does not recognize %j', (text) => {
    expect(recognizes(text)).toBe(false);
  });
});

describe('changes that cannot be made', () => {
  it.each<[string, Partial<Change>]>([
    ['no such port', { port: 0 }],
    ['no such port', { port: 65_536 }],
    ['neither IPv4 nor IPv6', { families: [] }],
    ['"example.org" is no CIDR block', { only: ['10.0.0.0/8', 'example.org'] }],
    ['cannot be a device', { device: 'wg0" accept' }],
    ['cannot be a device', { device: 'a-name-too-long-for-it' }],
  ])('%s', (reason, wanted) => {
    expect(() => nftables.change({ ...CLOSE, ...wanted }, [])).toThrow(
      expect.objectContaining({
        code: 'REMEDY_IMPOSSIBLE',
        message: expect.stringContaining(reason),
      }),
    );
  });
});

describe('what a change says', () => {
  it('keeps text in its comment from being taken for rules', () => {
    const [load] = nftables.change({ ...CLOSE, reason: 'a" accept\n}\n é' }, []).apply;
    const { tables } = nftables.read([{ origin: 'x', text: load?.stdin ?? '' }], 'live');
    const rules = tables[0]?.chains.flatMap((chain) => chain.rules);
    expect(rules?.map(({ comment }) => comment)).toEqual(["postern: a' accept?}? ?"]);
  });

  it('names the rule that it leaves', () => {
    const text = `table inet filter {
chain input {
type filter hook input priority 0; policy drop;
tcp dport 5432 accept # handle 12
}
}
`;
    const layer = nftables.read([{ origin: 'x', text }], 'live');
    expect(nftables.change(CLOSE, [layer]).warnings[0]).toBe(
      'It leaves the accept rule "tcp dport 5432 accept" (handle 12) of nftables filter input standing.',
    );
  });

  it('touches the files that persistence changes, and no others', () => {
    const { persist, touches } = nftables.change(CLOSE, []);
    const files = persist.map((step) =>
      'path' in step ? step.path : step.argv.find((word) => word.startsWith('/')),
    );
    expect(files).toEqual(touches);
  });
});

describe('configurations that cannot be written', () => {
  it.each([{ from: ['10.0.0.0/8', 'office'] }, { device: 'eth 0' }])('%j', (part) => {
    const allow = [{ transport: 'tcp', ports: [22, 22], families: [4, 6], ...part }] as const;
    expect(() => nftables.write({ allow })).toThrow(
      expect.objectContaining({ code: 'REMEDY_IMPOSSIBLE' }),
    );
  });

  it('lets nobody in where no block is named', () => {
    const allow = [{ transport: 'tcp', ports: [22, 22], families: [4, 6], from: [] }] as const;
    expect(nftables.write({ allow })[0]?.text).not.toContain('dport');
  });
});
