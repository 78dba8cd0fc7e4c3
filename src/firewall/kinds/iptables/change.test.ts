import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import type { Change } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { iptables } from '../iptables.ts';

const CLOSE: Change = { transport: 'tcp', port: 5432, families: [4, 6], reason: 'not "for" all' };

function live(origin: string, ...rules: readonly string[]): Layer {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
  return iptables.read([{ origin, text }], 'live');
}

describe('changing iptables', () => {
  it('puts a chain of its own in front, for each family in one step', () => {
    const { apply, undo } = iptables.change(CLOSE, []);
    expect(apply.map(({ argv }) => argv[0])).toEqual(['iptables-restore', 'ip6tables-restore']);
    expect(apply[0]).toEqual({
      argv: ['iptables-restore', '-w', '5', '--noflush'],
      stdin: `*filter
:POSTERN-TCP-5432 - [0:0]
-A POSTERN-TCP-5432 -m comment --comment "postern: not \\"for\\" all" -j DROP
-I INPUT 1 ! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN --dport 5432 -j POSTERN-TCP-5432
COMMIT
`,
    });
    expect(undo[1]?.stdin).toBe(`*filter
-D INPUT ! -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN --dport 5432 -j POSTERN-TCP-5432
-F POSTERN-TCP-5432
-X POSTERN-TCP-5432
COMMIT
`);
  });

  it('lets named blocks of a family, on the device named, go on to the other rules', () => {
    const only = ['10.0.0.0/9', '10.128.0.0/9', '2001:db8::/32'];
    const [v4, v6] = iptables.change({ ...CLOSE, only, device: 'wg0' }, []).apply;
    expect(v4?.stdin).toContain('-A POSTERN-TCP-5432 -s 10.0.0.0/8 -i wg0 -j RETURN\n');
    expect(v6?.stdin).toContain('-A POSTERN-TCP-5432 -s 2001:db8::/32 -i wg0 -j RETURN\n');
    expect(v4?.stdin?.match(/RETURN/g)).toHaveLength(1);
  });

  it('closes a family of which no block was named', () => {
    const { apply } = iptables.change({ ...CLOSE, only: ['10.0.0.0/8'] }, []);
    expect(apply[1]?.stdin).not.toContain('RETURN');
  });

  it('goes to the back end that has the rules', () => {
    const legacy = live('iptables-legacy-save', '-A INPUT -j ACCEPT');
    const nft = live('iptables-nft-save', '-A INPUT -j ACCEPT');
    const none = live('iptables-nft-save');
    const program = (...layers: readonly Layer[]) =>
      iptables.change({ ...CLOSE, families: [4] }, layers).apply[0]?.argv[0];
    expect(program(legacy)).toBe('iptables-legacy-restore');
    expect(program(none, legacy)).toBe('iptables-legacy-restore');
    expect(program(legacy, nft)).toBe('iptables-nft-restore');
    expect(program(live('iptables-save'))).toBe('iptables-restore');
  });

  it('adds nothing that is there already, and takes back to what was there', () => {
    const chain = ':POSTERN-TCP-5432 - [0:0]';
    const before = '-A POSTERN-TCP-5432 -s 10.0.0.0/8 -j RETURN';
    const jump = '-A INPUT ! -i lo -p tcp -m tcp --dport 5432 -j POSTERN-TCP-5432';
    const layer = live('iptables-save', chain, jump, before);
    const { apply, undo, warnings } = iptables.change({ ...CLOSE, families: [4] }, [layer]);
    expect(apply[0]?.stdin).not.toContain('INPUT');
    expect(undo[0]?.stdin).toBe(`*filter\n${chain}\n${before}\nCOMMIT\n`);
    expect(warnings.join(' ')).toContain('replaces an earlier change');
  });

  it('says when rules of others stand in front of its jump', () => {
    const jump = '-A INPUT -p tcp -m tcp --dport 5432 -j POSTERN-TCP-5432';
    const layer = live('iptables-save', ':POSTERN-TCP-5432 - [0:0]', '-A INPUT -j ACCEPT', jump);
    const { warnings } = iptables.change({ ...CLOSE, families: [4] }, [layer]);
    expect(warnings.join(' ')).toContain('in front of the jump to POSTERN-TCP-5432 in INPUT');
  });

  it('stands in DOCKER-USER for what goes on to a container, or else in FORWARD', () => {
    const forwarded = { address: '172.17.0.2', port: 80 };
    const asked: Change = { ...CLOSE, port: 8080, families: [4], forwarded };
    const docker = live('iptables-save', ':DOCKER-USER - [0:0]');
    const chains = (layer: Layer) =>
      iptables.change(asked, [layer]).apply[0]?.stdin?.match(/-I \S+/g);
    expect(chains(docker)).toEqual(['-I INPUT', '-I DOCKER-USER']);
    expect(chains(live('iptables-save'))).toEqual(['-I INPUT', '-I FORWARD']);
    expect(iptables.change(asked, [docker]).apply[0]?.stdin).toContain(
      '--ctstate DNAT --ctorigdstport 8080 --ctdir ORIGINAL',
    );
  });

  it('keeps the rules where the host keeps them', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    const saved = iptables.read([{ origin: '/etc/sysconfig/iptables', text }], 'saved');
    expect(iptables.change(CLOSE, [saved]).touches).toEqual([
      '/etc/sysconfig/iptables',
      '/etc/iptables/rules.v6',
    ]);
  });

  it.each([
    [{ port: 0 }, 'close tcp port 0'],
    [{ port: 65_536 }, 'no such port'],
    [{ families: [] }, 'neither IPv4 nor IPv6'],
    [{ only: ['here'] }, 'restrict tcp port 5432'],
    [{ device: 'a -j ACCEPT' }, 'is no device'],
  ])('refuses %j', (part, problem) => {
    const changing = () => iptables.change({ ...CLOSE, ...part }, []);
    expect(changing).toThrow(PosternError);
    expect(changing).toThrow(problem);
  });
});
