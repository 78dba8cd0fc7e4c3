import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { readOrFault } from '../any-text.test-helper.ts';
import { firewalld } from './firewalld.ts';

const CONF = { origin: '/etc/firewalld/firewalld.conf', text: '# comment\nDefaultZone=public\n' };

function zone(name: string, inside: string, attributes = ''): Source {
  const text = `<?xml version="1.0" encoding="utf-8"?>\n<zone${attributes}>\n${inside}\n</zone>\n`;
  return { origin: `/etc/firewalld/zones/${name}.xml`, text };
}

function read(...sources: readonly Source[]): Layer {
  return firewalld.read([CONF, ...sources], 'saved');
}

function texts(layer: Layer, chain: string): string[] {
  const found = layer.tables.flatMap(({ chains }) => chains).find(({ name }) => name === chain);
  return (found?.rules ?? []).map(({ text }) => text);
}

/** Printed by firewalld 1.3.3 on Debian 12 (`firewall-cmd --list-all-zones`), two of its zones. */
const LISTING = `dmz
  target: default
  icmp-block-inversion: no
  interfaces: eth0
  sources: 
  services: ssh
  ports: 
  protocols: 
  forward: yes
  masquerade: no
  forward-ports: 
  source-ports: 
  icmp-blocks: 
  rich rules: 

public (active)
  target: default
  icmp-block-inversion: no
  interfaces: 
  sources: 
  services: dhcpv6-client ssh
  ports: 8443/tcp
  protocols: 
  forward: yes
  masquerade: no
  forward-ports: 
	port=80:proto=tcp:toport=8080:toaddr=
	port=81:proto=tcp:toport=8080:toaddr=10.1.1.1
  source-ports: 
  icmp-blocks: 
  rich rules: 
	rule priority="-3" source ipset="foo" service name="http" reject
	rule family="ipv4" source NOT address="10.0.0.0/8" port port="22" protocol="tcp" log prefix="a b" limit value="3/m" accept limit value="1/m"

`;

describe('the zones of firewalld', () => {
  it('asks sources before devices before the default zone', () => {
    const layer = read(
      zone('public', ''),
      zone('work', '<interface name="eth0"/><source address="10.0.0.0/8"/>'),
      zone('dmz', '<interface name="eth1+"/><source ipset="home"/>'),
      zone('home', ''),
    );
    expect(texts(layer, 'filter_INPUT_ZONES')).toEqual([
      'zone dmz: source ipset:home',
      'zone work: source 10.0.0.0/8',
      'zone work: interface eth0',
      'zone dmz: interface eth1+',
      'default zone public',
    ]);
  });

  it('puts rich rules where firewalld puts them', () => {
    const rule = (inside: string, attributes = '') => `<rule${attributes}>${inside}</rule>`;
    const port = '<port port="22" protocol="tcp"/>';
    const layer = read(
      zone(
        'public',
        [
          rule(`${port}<accept/>`),
          rule(`${port}<drop/>`),
          rule(`${port}<drop/>`, ' priority="-1"'),
          rule(`${port}<accept/>`, ' priority="-2"'),
          rule(`${port}<reject/>`, ' priority="1"'),
          rule(`${port}<log/>`),
        ].join('\n'),
      ),
    );
    const text = 'port port="22" protocol="tcp"';
    expect(texts(layer, 'filter_IN_public_pre')).toEqual([
      `rule priority="-2" ${text} accept`,
      `rule priority="-1" ${text} drop`,
    ]);
    expect(texts(layer, 'filter_IN_public_deny')).toEqual([`rule ${text} drop`]);
    expect(texts(layer, 'filter_IN_public_allow')).toEqual([`rule ${text} accept`]);
    expect(texts(layer, 'filter_IN_public_post')).toEqual([`rule priority="1" ${text} reject`]);
  });

  it('takes a file of /etc for the one of the package', () => {
    const packaged = { ...zone('public', '<port port="1" protocol="tcp"/>') };
    const usr = { ...packaged, origin: '/usr/lib/firewalld/zones/public.xml' };
    const layer = read(zone('public', '<port port="2" protocol="tcp"/>'), usr);
    expect(texts(layer, 'filter_IN_public_allow')).toEqual(['port 2/tcp']);
  });

  it('says which parts of a configuration it has not seen', () => {
    expect(firewalld.read([], 'saved').unread).toEqual([
      'which zone is the default was not told; taken to be public',
      'zone public was not read',
    ]);
    const layer = read(zone('public', '<service name="ssh"/>'));
    expect(layer.unread).toEqual(['service ssh was not read']);
  });

  it('keeps what it does not know as opaque', () => {
    const layer = read(zone('public', '<teleport port="1"/><rule><warp/><accept/></rule>'));
    const rules = layer.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
    const opaque = rules.filter(({ steps }) =>
      steps.some((step) => 'do' in step && step.do === 'opaque'),
    );
    expect(opaque.map(({ text }) => text)).toEqual(['<teleport>', '<rule>']);
  });

  it('takes names of JavaScript for names', () => {
    const inside = [
      '<icmp-block name="constructor"/>',
      '<protocol value="toString"/>',
      '<service name="__proto__"/>',
    ].join('');
    const layer = read(zone('public', inside));
    expect(texts(layer, 'filter_IN_public_deny')).toEqual(['icmp-block constructor']);
    expect(layer.unread).toEqual(['service __proto__ was not read']);
  });

  it('reads what firewall-cmd lists', () => {
    const layer = read({ origin: 'firewall-cmd --list-all-zones', text: LISTING });
    expect(texts(layer, 'filter_INPUT_ZONES')).toEqual([
      'zone dmz: interface eth0',
      'default zone public',
    ]);
    expect(texts(layer, 'nat_PRE_public_allow')).toEqual([
      'forward-port port=80:proto=tcp:toport=8080:toaddr=',
      'forward-port port=81:proto=tcp:toport=8080:toaddr=10.1.1.1',
    ]);
    expect(texts(layer, 'filter_IN_public_allow')).toEqual([
      'rule family="ipv4" source NOT address="10.0.0.0/8" port port="22" protocol="tcp" log prefix="a b" limit value="3/m" accept limit value="1/m"',
      'service dhcpv6-client',
      'service ssh',
      'port 8443/tcp',
    ]);
  });
});

describe('texts that are no configuration of firewalld', () => {
  it.each([
    ['cut short', zone('public', '').text.slice(0, -4)],
    ['no element', 'nonsense'],
    ['another root', '<html></html>'],
    ['a DOCTYPE', '<!DOCTYPE zone [<!ENTITY a "b">]><zone/>'],
    ['empty', ''],
  ])('refuses one that is %s', (_, text) => {
    const source = { origin: '/etc/firewalld/zones/public.xml', text };
    expect(() => read(source)).toThrow(PosternError);
  });

  it('refuses a listing that ends within a zone', () => {
    const text = LISTING.slice(0, LISTING.indexOf('  rich rules'));
    expect(() => read({ origin: 'firewall-cmd', text })).toThrow(/ends|rich rules/);
  });
});

const TEXTS: readonly Source[] = [
  zone(
    'public',
    '<short>P</short><service name="ssh"/><port port="1-5" protocol="udp"/><icmp-block name="redirect"/><rule priority="3" family="ipv4"><source address="10.0.0.0/8" invert="True"/><forward-port port="1" protocol="tcp" to-port="2"/></rule><rule><mark set="1/2"/></rule>',
    ' target="DROP"',
  ),
  { origin: 'firewall-cmd --list-all-zones', text: LISTING },
  {
    origin: '/etc/firewalld/policies/p.xml',
    text: '<policy target="ACCEPT" priority="5"><ingress-zone name="public"/><egress-zone name="HOST"/></policy>',
  },
  {
    origin: '/etc/firewalld/ipsets/foo.xml',
    text: '<ipset type="hash:net"><option name="family" value="inet6"/><entry>fd00::/8</entry></ipset>',
  },
];

describe('a text cut short', () => {
  it('is refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), fc.nat(), (whole, at) => {
        const text = whole.text.slice(0, 1 + (at % (whole.text.trimEnd().length - 1)));
        // A listing of fewer zones, or with fewer rules in the last, is one too.
        fc.pre(!text.endsWith('\n'));
        const found = readOrFault(firewalld, [CONF, { ...whole, text }], 'saved');
        expect(found).toBeInstanceOf(PosternError);
      }),
    );
  });
});
