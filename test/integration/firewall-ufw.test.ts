import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ufw } from '../../src/firewall/kinds/ufw/ufw.ts';
import type { Layer } from '../../src/firewall/layer.ts';
import { type FirewallLab, type LabFate, makeFirewallLab } from '../lab/firewall-lab.ts';
import {
  arbitraryPackets,
  compareFates,
  DEVICES,
  describeDisagreement,
  PLACES,
} from '../lab/firewall-packets.ts';
import type { LabPacket } from '../lab/frames.ts';
import { type ManagedFirewall, startUfw, ufwMet } from '../lab/managed-firewalls.ts';

/** ufw takes some seconds for a ruleset that iptables loads in milliseconds. */
const RULESETS = Math.ceil(Number(process.env['POSTERN_FIREWALL_RULESETS'] ?? 1000) / 50);
const PACKETS = 40;
/** A bound for a hang. */
const RULESET_MS = 30_000;
const MOST_COMMANDS = 7;

const NETWORKS = {
  4: ['203.0.113.0/24', '10.0.0.0/8', '198.51.100.7', '192.168.1.5', '203.0.113.9'],
  6: ['2001:db8:9::/64', 'fd12::/16', '2001:db8:1::7'],
};

function optional(chance: number, words: fc.Arbitrary<string[]>): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 10 - chance, arbitrary: fc.constant<string[]>([]) },
    { weight: chance, arbitrary: words },
  );
}

function arbitraryPeer(side: 'from' | 'to', family: 4 | 6): fc.Arbitrary<string[]> {
  const { own, others } = PLACES[family];
  const addresses = side === 'from' ? NETWORKS[family] : [...own, ...others];
  const port = fc.constantFrom('22', '53', '80,443', '1000:6000', '5432', '8080', '53:80');
  return fc
    .tuple(
      optional(
        6,
        fc.constantFrom(...addresses).map((address) => [address]),
      ),
      optional(
        side === 'to' ? 8 : 1,
        port.map((text) => ['port', text]),
      ),
    )
    .map(([address, ports]) => [side, ...(address.length > 0 ? address : ['any']), ...ports]);
}

function arbitraryRule(family: 4 | 6): fc.Arbitrary<string[]> {
  const verb = fc.constantFrom('allow', 'allow', 'deny', 'reject', 'limit');
  const device = fc.constantFrom(...DEVICES, 'eth+').map((name) => ['in', 'on', name]);
  const route = fc.constantFrom(...DEVICES).map((name) => ['out', 'on', name]);
  const log = fc.constantFrom('log', 'log-all').map((word) => [word]);
  const protocol = fc.constantFrom('tcp', 'tcp', 'udp').map((name) => ['proto', name]);
  const ends = [arbitraryPeer('from', family), arbitraryPeer('to', family)] as const;
  const input = fc.tuple(
    verb,
    optional(2, device),
    optional(1, log),
    optional(6, protocol),
    ...ends,
  );
  const forward = fc.tuple(
    verb,
    optional(3, device),
    optional(2, route),
    optional(6, protocol),
    ...ends,
  );
  const place = optional(2, fc.constant(['prepend']));
  const plain = fc.tuple(place, input).map(([first, words]) => [...first, ...words.flat()]);
  const routed = forward.map((words) => ['route', ...words.flat()]);
  return fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: routed });
}

const arbitraryCommands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: arbitraryRule(4) },
    { weight: 3, arbitrary: arbitraryRule(6) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(['allow', 'Samba'], ['deny', 'WWW Full'], ['allow', '22/tcp']),
    },
  ),
  { minLength: 3, maxLength: MOST_COMMANDS, size: 'max' },
);

const arbitraryPolicy = fc.constantFrom('DROP', 'DROP', 'REJECT', 'ACCEPT');
const arbitraryDefaults = fc
  .tuple(arbitraryPolicy, arbitraryPolicy, fc.constantFrom('yes', 'yes', 'yes', 'no'))
  .map(([input, forward, ipv6]) =>
    [
      `IPV6=${ipv6}`,
      `DEFAULT_INPUT_POLICY="${input}"`,
      'DEFAULT_OUTPUT_POLICY="ACCEPT"',
      `DEFAULT_FORWARD_POLICY="${forward}"`,
      'DEFAULT_APPLICATION_POLICY="SKIP"',
      'MANAGE_BUILTINS=no',
      'IPT_MODULES=""',
      '',
    ].join('\n'),
  );

function lastNumber({ tables }: Layer): number {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  return Math.max(0, ...rules.map(({ handle }) => Number(handle ?? 0)));
}

describe.skipIf(!ufwMet())('ufw', () => {
  let lab: FirewallLab;
  let firewall: ManagedFirewall;
  const pristine = new Map<string, string>();

  beforeAll(async () => {
    lab = await makeFirewallLab();
    firewall = await startUfw(lab.namespace);
    for (const { origin, text } of firewall.sources()) pristine.set(origin, text);
  });

  afterAll(async () => {
    await firewall?.close();
    lab?.close();
  });

  /** ufw as it was installed, with these defaults, then these commands; gives back those it took. */
  function configure(defaults: string, commands: readonly (readonly string[])[]): string[] {
    firewall.exec('ufw', '--force', 'disable');
    lab.load({});
    for (const [path, text] of pristine) firewall.write(path, text);
    firewall.write('/etc/default/ufw', defaults);
    const said = commands.flatMap((words) => {
      try {
        return `${words.join(' ')}: ${firewall.exec('ufw', ...words).trim()}`;
      } catch {
        // addresses of both families in one rule, IPv6 without IPv6 …
        return [];
      }
    });
    // At the end: ufw that is enabled loads all rules again after each.
    firewall.exec('ufw', '--force', 'enable');
    return said;
  }

  /** How many rules ufw shows. */
  function shown(): number {
    return firewall.exec('ufw', 'status', 'numbered').match(/^\[ *\d+\]/gm)?.length ?? 0;
  }

  /** One at a time where ufw counts how often an address comes. */
  function send(packets: readonly LabPacket[], limits: boolean): LabFate[] {
    if (!limits) return lab.send(packets);
    return packets.flatMap((packet) => {
      lab.read('sh', '-c', 'echo / > /proc/net/xt_recent/DEFAULT');
      return lab.send([packet]);
    });
  }

  it(
    'does to packets what was said of them',
    () => {
      let unknown = 0;
      let taken = 0;
      const property = fc.property(
        arbitraryDefaults,
        arbitraryCommands,
        arbitraryPackets(PACKETS),
        (defaults, commands, packets) => {
          const said = configure(defaults, commands);
          taken += said.length;
          const layer = ufw.read(firewall.sources(), 'live');
          expect(layer.unread).toEqual([]);
          expect(lastNumber(layer)).toBe(shown());
          const fates = send(
            packets,
            said.some((text) => text.includes('limit')),
          );
          const compared = compareFates([layer], lab.machine, packets, fates);
          unknown += compared.unknown.length;
          expect([said, ...compared.wrong.map(describeDisagreement)]).toEqual([said]);
        },
      );
      fc.assert(property, { numRuns: RULESETS, endOnFailure: true });
      process.stderr.write(`ufw: ${taken} commands, ${unknown} packets unknown\n`);
      expect(unknown).toBe(0);
    },
    60_000 + RULESETS * RULESET_MS,
  );
});
