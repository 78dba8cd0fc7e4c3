import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firewalld } from '../../src/firewall/kinds/firewalld/firewalld.ts';
import { type FirewallLab, makeFirewallLab } from '../lab/firewall-lab.ts';
import {
  arbitraryPackets,
  compareFates,
  DEVICES,
  describeDisagreement,
} from '../lab/firewall-packets.ts';
import { firewalldMet, type ManagedFirewall, startFirewalld } from '../lab/managed-firewalls.ts';

/** firewalld takes a second for a ruleset that nft loads in milliseconds. */
const RULESETS = Math.ceil(Number(process.env['POSTERN_FIREWALL_RULESETS'] ?? 1000) / 50);
const PACKETS = 40;
/** A bound for a hang. */
const RULESET_MS = 30_000;

const ZONES = ['dmz', 'internal', 'public', 'work'];
const NETWORKS = {
  4: ['203.0.113.0/24', '10.0.0.0/8', '10.1.0.0/255.255.0.0', '198.51.100.7', '192.168.1.5'],
  6: ['2001:db8:9::/64', 'fd12::/16', '2001:db8:1::7'],
};
const SETS = { v4: NETWORKS[4].filter((text) => !text.includes('/255')), v6: NETWORKS[6] };
const SERVICES = ['ssh', 'http', 'dns', 'samba-client', 'dhcpv6-client', 'mdns', 'freeipa-4'];

const port = fc.constantFrom('22', '53', '80', '443', '1000-6000', '8080', '1-65535');
const protocol = fc.constantFrom('tcp', 'tcp', 'udp');
const portText = fc
  .tuple(port, protocol)
  .map(([number, name]) => `port port="${number}" protocol="${name}"`);

const element = fc.oneof(
  { weight: 4, arbitrary: portText },
  { weight: 3, arbitrary: fc.constantFrom(...SERVICES).map((name) => `service name="${name}"`) },
  { weight: 1, arbitrary: portText.map((text) => `source-${text}`) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('icmp', 'udp', 'ipv6-icmp')
      .map((name) => `protocol value="${name}"`),
  },
);
const icmpBlock = fc
  .constantFrom('echo-request', 'timestamp-request', 'redirect')
  .map((name) => `<icmp-block name="${name}"/>`);
const forwardPort = fc
  .tuple(
    port.filter((text) => !text.includes('-')),
    protocol,
    fc.constantFrom(
      'to-port="5432"',
      'to-port="22" to-addr="172.17.0.2"',
      'to-addr="172.17.0.2"',
      'to-port="80" to-addr="fd00:17::2"',
    ),
  )
  .map(([number, name, to]) => `<forward-port port="${number}" protocol="${name}" ${to}/>`);

function peer(tag: 'source' | 'destination', family: 4 | 6): fc.Arbitrary<string> {
  const own = family === 4 ? ['192.0.2.1', '172.17.0.0/16'] : ['2001:db8::1', 'fd00:17::/64'];
  const addresses = tag === 'source' ? NETWORKS[family] : own;
  const attribute = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...addresses).map((text) => `address="${text}"`) },
    { weight: 1, arbitrary: fc.constant(`ipset="v${family}"`) },
  );
  const invert = fc.constantFrom('', '', ' invert="True"');
  return fc.tuple(attribute, invert).map((parts) => `<${tag} ${parts.join('')}/>`);
}

function richRule(family: 4 | 6): fc.Arbitrary<string> {
  const priority = fc.constantFrom('', '', ' priority="-7"', ' priority="-3"', ' priority="5"');
  const action = fc.constantFrom('accept', 'accept', 'drop', 'reject', 'mark set="7"');
  const log = fc.constantFrom('', '', '<log prefix="x"/>');
  const none = fc.constant('');
  const what = fc.oneof(
    { weight: 6, arbitrary: element.filter((text) => !text.includes('service')) },
    { weight: 2, arbitrary: fc.constantFrom('service name="ssh"', 'service name="http"') },
    { weight: 2, arbitrary: none },
  );
  return fc
    .tuple(
      priority,
      peer('source', family),
      fc.oneof(none, none, peer('destination', family)),
      what,
      log,
      action,
    )
    .map(([order, source, destination, inside, note, verb]) => {
      const middle = inside === '' ? '' : `<${inside}/>`;
      return `<rule family="ipv${family}"${order}>${source}${destination}${middle}${note}<${verb}/></rule>`;
    });
}

const line = fc.oneof(
  { weight: 6, arbitrary: element.map((text) => `<${text}/>`) },
  { weight: 3, arbitrary: richRule(4) },
  { weight: 3, arbitrary: richRule(6) },
  { weight: 1, arbitrary: forwardPort },
  { weight: 1, arbitrary: icmpBlock },
  {
    weight: 1,
    arbitrary: fc.constantFrom('<forward/>', '<icmp-block-inversion/>', '<masquerade/>'),
  },
);

/** The zone each device and network is bound to; a name that is none binds it to none. */
const binding = fc.constantFrom(...ZONES, 'none', 'none');
const bindings = fc.tuple(
  fc.tuple(...DEVICES.map(() => binding)),
  fc.tuple(...[...NETWORKS[4], ...NETWORKS[6], 'ipset'].map(() => binding)),
);
const target = fc.constantFrom(
  '',
  '',
  '',
  ' target="ACCEPT"',
  ' target="DROP"',
  ' target="%%REJECT%%"',
);
const zone = fc.tuple(target, fc.uniqueArray(line, { minLength: 1, maxLength: 6, size: 'max' }));

const policyTarget = fc.constantFrom('CONTINUE', 'CONTINUE', 'ACCEPT', 'DROP', 'REJECT');
const policy = fc
  .tuple(
    policyTarget,
    fc.constantFrom('-20', '-1', '10'),
    fc.constantFrom('ANY', ...ZONES.slice(0, 2)),
    fc.constantFrom('HOST', 'HOST', 'ANY', 'work'),
    fc.uniqueArray(element, { maxLength: 3 }),
  )
  .map(([name, priority, from, to, elements]) => {
    const inside = elements.map((text) => `<${text}/>`).join('');
    const sides = `<ingress-zone name="${from}"/><egress-zone name="${to}"/>`;
    return `<policy target="${name}" priority="${priority}">${sides}${inside}</policy>`;
  });

const configuration = fc
  .tuple(bindings, fc.tuple(...ZONES.map(() => zone)), fc.option(policy))
  .map(([[devices, networks], zones, extra]) => {
    const sources = [...NETWORKS[4], ...NETWORKS[6]].map((text) => `address="${text}"`);
    const bound = (name: string) => [
      ...DEVICES.filter((_, at) => devices[at] === name).map(
        (text) => `<interface name="${text}"/>`,
      ),
      ...[...sources, 'ipset="v4"'].flatMap((text, at) =>
        networks[at] === name ? `<source ${text}/>` : [],
      ),
    ];
    const files = ZONES.map((name, at) => {
      const [goal, lines] = zones[at] ?? ['', []];
      const inside = [...bound(name), ...new Set(lines)].join('\n');
      return [`zones/${name}.xml`, `<zone${goal}>\n${inside}\n</zone>\n`] as const;
    });
    return new Map([
      ...files,
      ['policies/extra.xml', extra ?? '<policy target="CONTINUE"/>'] as const,
    ]);
  });

function setFile(family: 'v4' | 'v6'): string {
  const option = `<option name="family" value="${family === 'v4' ? 'inet' : 'inet6'}"/>`;
  const entries = SETS[family].map((text) => `<entry>${text}</entry>`).join('');
  return `<ipset type="hash:net">${option}${entries}</ipset>\n`;
}

describe.skipIf(!firewalldMet())('firewalld', () => {
  let lab: FirewallLab;
  let firewall: ManagedFirewall;

  beforeAll(async () => {
    lab = await makeFirewallLab();
    firewall = await startFirewalld(lab.namespace);
    // What this machine has no route back for is dropped by it, which is no rule of a zone.
    const settings = 'DefaultZone=public\nIPv6_rpfilter=no\n';
    firewall.write('/etc/firewalld/firewalld.conf', settings);
    firewall.write('/etc/firewalld/ipsets/v4.xml', setFile('v4'));
    firewall.write('/etc/firewalld/ipsets/v6.xml', setFile('v6'));
  });

  afterAll(async () => {
    await firewall?.close();
    lab?.close();
  });

  it(
    'does to packets what was said of them',
    () => {
      let unknown = 0;
      const seen = new Map<string, number>();
      const property = fc.property(configuration, arbitraryPackets(PACKETS), (files, packets) => {
        for (const [path, text] of files) firewall.write(`/etc/firewalld/${path}`, text);
        firewall.exec('firewall-cmd', '--reload');
        const fates = lab.send(packets);
        for (const { fate } of fates) seen.set(fate, (seen.get(fate) ?? 0) + 1);
        const sources = firewall.sources();
        const origin = 'firewall-cmd --list-all-zones';
        const listing = { origin, text: firewall.exec('firewall-cmd', '--list-all-zones') };
        for (const given of [sources, [...sources, listing]]) {
          const layer = firewalld.read(given, 'live');
          expect(layer.unread).toEqual([]);
          const compared = compareFates([layer], lab.machine, packets, fates);
          unknown += compared.unknown.length;
          const wrong = compared.wrong.map(describeDisagreement);
          expect([...files.values(), ...wrong]).toEqual([...files.values()]);
        }
      });
      fc.assert(property, { numRuns: RULESETS, endOnFailure: true });
      process.stderr.write(`firewalld: ${RULESETS} configurations, ${unknown} packets unknown\n`);
      expect(unknown).toBe(0);
      // A configuration that firewalld refuses would let all packets share one fate.
      expect([...seen.keys()].sort()).toEqual(['accept', 'drop', 'reject']);
    },
    60_000 + RULESETS * RULESET_MS,
  );
});
