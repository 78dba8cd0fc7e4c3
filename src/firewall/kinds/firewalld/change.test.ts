import { describe, expect, it } from 'vitest';
import type { Change, Command } from '../../kind.ts';
import { firewalld } from './firewalld.ts';

const CLOSING: Change = { transport: 'tcp', port: 22, families: [4, 6], reason: 'a test' };

function layerOf(zones: Readonly<Record<string, string>>) {
  const files = Object.entries(zones).map(([name, inside]) => ({
    origin: `/etc/firewalld/zones/${name}.xml`,
    text: `<zone>${inside}</zone>`,
  }));
  const conf = { origin: '/etc/firewalld/firewalld.conf', text: 'DefaultZone=public\n' };
  return firewalld.read([conf, ...files], 'saved');
}

function lines(commands: readonly Command[]): string[] {
  return commands.map(({ argv }) => argv.join(' '));
}

const PLAIN = layerOf({ public: '', work: '<interface name="eth1"/>', home: '' });
const RULE = 'port port="22" protocol="tcp"';

describe('a change in firewalld', () => {
  it('is made in every zone in use', () => {
    const { apply, undo, persist, touches } = firewalld.change(CLOSING, [PLAIN]);
    expect(lines(apply)).toEqual([
      `firewall-cmd --zone=public --add-rich-rule=rule priority="-32766" ${RULE} drop`,
      `firewall-cmd --zone=work --add-rich-rule=rule priority="-32766" ${RULE} drop`,
    ]);
    expect(lines(undo)).toEqual(lines(apply).map((line) => line.replace('--add', '--remove')));
    expect(lines(persist as Command[])).toEqual(
      lines(apply).map((line) => line.replace('firewall-cmd', 'firewall-cmd --permanent')),
    );
    expect(touches).toEqual(['/etc/firewalld/zones/public.xml', '/etc/firewalld/zones/work.xml']);
  });

  it('lets those in who may before it closes the port', () => {
    const only = ['10.0.0.0/9', '10.128.0.0/9', 'fd00::/8'];
    const { apply } = firewalld.change({ ...CLOSING, only }, [layerOf({ public: '' })]);
    const rule = (family: string, address: string) =>
      `--add-rich-rule=rule priority="-32767" family="${family}" source address="${address}" ${RULE} accept`;
    expect(lines(apply)).toEqual([
      [
        'firewall-cmd --zone=public',
        rule('ipv4', '10.0.0.0/8'),
        rule('ipv6', 'fd00::/8'),
        `--add-rich-rule=rule priority="-32766" ${RULE} drop`,
      ].join(' '),
    ]);
  });

  it('leaves the port open in the zone of one device', () => {
    const { apply } = firewalld.change({ ...CLOSING, device: 'eth1' }, [PLAIN]);
    const accepting = lines(apply).filter((line) => line.includes('accept'));
    expect(accepting.map((line) => line.split(' ')[1])).toEqual(['--zone=work']);
  });

  it('takes the place of an earlier one, and gives it back', () => {
    const old = `<rule priority="-32767" family="ipv4"><source address="10.0.0.0/8"/><${RULE}/><accept/></rule>`;
    const refusal = `<rule priority="-32766"><${RULE}/><drop/></rule>`;
    const { apply, undo } = firewalld.change(CLOSING, [layerOf({ public: old + refusal })]);
    const text = `rule priority="-32767" family="ipv4" source address="10.0.0.0/8" ${RULE} accept`;
    expect(lines(apply)).toEqual([`firewall-cmd --zone=public --remove-rich-rule=${text}`]);
    expect(lines(undo)).toEqual([`firewall-cmd --zone=public --add-rich-rule=${text}`]);
  });

  it('puts many networks into a set', () => {
    const only = Array.from({ length: 200 }, (_, at) => `10.${at}.0.0/17`);
    const { apply, undo, warnings } = firewalld.change({ ...CLOSING, only }, [PLAIN]);
    expect(apply[1]?.argv).toEqual(['tee', '/etc/firewalld/ipsets/postern-tcp-22-v4.xml']);
    expect(apply[1]?.stdin?.match(/<entry>/g)).toHaveLength(200);
    expect(lines(apply).at(-1)).toBe('firewall-cmd --reload');
    expect(lines(undo)).toContain('firewall-cmd --permanent --delete-ipset=postern-tcp-22-v4');
    expect(warnings[0]).toContain('--permanent');
  });

  it('warns of what is asked before it', () => {
    const first = `<rule priority="-32768"><${RULE}/><accept/></rule>`;
    const { warnings } = firewalld.change(CLOSING, [layerOf({ public: first })]);
    expect(warnings).toEqual(['Zone public has a rule of priority -32768, asked before these.']);
  });

  it.each([
    ['of a port handed on', { forwarded: { address: '172.17.0.2', port: 80 } }, /--kind nftables/],
    ['for a device without a zone of its own', { device: 'wg0' }, /wg0 has none of its own/],
    ['for words', { only: ['nobody'] }, /"nobody" is no network/],
  ])('is refused %s', (_, part, reason) => {
    expect(() => firewalld.change({ ...CLOSING, ...part }, [PLAIN])).toThrow(reason);
  });
});
