import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../model/machine.ts';
import { fateOf, intended, intents, packets } from '../../intent.test-helper.ts';
import type { Change } from '../../kind.ts';
import { type Ask, answer, fate, fixture, parse, readFixture } from '../fixtures.test-helper.ts';
import { onMachine } from './on-machine.ts';
import { pf } from './pf.ts';

describe('a pf.conf', () => {
  const host = readFixture(pf, ['host.conf']);

  it.each<readonly [string, number, Ask, string]>([
    ['a list of port names', 443, {}, 'accept'],
    ['a range in a list', 8004, {}, 'accept'],
    ['another device', 443, { device: 'em1' }, 'reject'],
    ['another family', 443, { source: '2a00::1' }, 'reject'],
    ['nothing but block all, by policy', 4444, {}, 'reject'],
    ['a later rule, with an answer of its own', 8005, {}, 'drop'],
    ['an operator', 9500, { source: '10.1.1.1' }, 'accept'],
    ['a short address', 7, { source: '10.255.0.1' }, 'accept'],
    ['outside of the list', 9500, {}, 'reject'],
    ['all devices but one', 53, { transport: 'udp', device: 'em1', source: '192.0.2.1' }, 'accept'],
    ['that one', 53, { transport: 'udp', source: '192.0.2.1' }, 'reject'],
    [
      'what a table takes out',
      53,
      { transport: 'udp', device: 'em1', source: '192.0.2.200' },
      'reject',
    ],
    [
      'a table over IPv6',
      53,
      { transport: 'udp', device: 'em1', source: '2001:db8:1::1' },
      'accept',
    ],
    ['outside of a table', 8443, {}, 'accept'],
    ['outside of a table over IPv6', 8443, { source: '2a00::1' }, 'accept'],
    ['in a table that is negated', 8443, { source: '192.0.2.1' }, 'reject'],
    ['a quick rule', 22, {}, 'accept'],
    ['a rule for a user', 113, {}, 'unknown'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(host, port, ask)).toBe(expected);
  });

  it('lets a rule behind a table from a file stay unknown only where the table can decide', () => {
    const layer = parse(
      pf,
      'table <spammers> file "/etc/spammers"\nblock all\nblock in proto tcp from <spammers> to any port 25\npass in proto tcp to any port 26\nblock in proto tcp from <spammers> to any port 26',
    );
    expect(fate(layer, 25)).toBe('drop');
    expect(fate(layer, 26)).toBe('unknown');
  });

  it('tells limits as conditions, also of a table that they fill', () => {
    expect(answer(host, 22).conditions).toEqual([
      'at most max-src-conn 10',
      'at most max-src-conn-rate 3/30',
    ]);
    expect(answer(host, 443).conditions).toEqual([
      'at most max-src-conn 10, max-src-conn-rate 3/30',
    ]);
  });

  it('does not take a table that rules fill for empty where the text fills it, too', () => {
    const layer = parse(
      pf,
      'table <some> persist { 8.8.8.0/24 }\nblock all\npass in proto tcp from <some> to any port 22 keep state (max-src-conn 3, overload <some>)',
    );
    expect(fate(layer, 22)).toBe('unknown');
  });

  it('names the rule and its line', () => {
    const [decision] = answer(host, 22).decisions;
    expect(decision?.rule?.line).toBe(21);
    expect(decision?.rule?.text).toBe(
      'pass in quick on $ext_if inet proto tcp to any port 22 keep state (max-src-conn 10, max-src-conn-rate 3/30, overload <bruteforce> flush global)',
    );
  });

  it('passes what no rule matches', () => {
    const layer = parse(pf, 'block in proto udp all');
    expect(fate(layer, 22)).toBe('accept');
    expect(fate(layer, 22, { transport: 'udp' })).toBe('drop');
  });

  it('does not filter devices that are skipped', () => {
    const layer = parse(pf, 'set skip on { em1, lo0 }\nblock all');
    expect(fate(layer, 22, { device: 'em1' })).toBe('accept');
    expect(fate(layer, 22)).toBe('drop');
  });

  it.each<readonly [string, string, Ask, string]>([
    ['=', 'port = 100', {}, 'accept'],
    ['!=', 'port != 100', {}, 'drop'],
    ['<', 'port < 100', {}, 'drop'],
    ['<=', 'port <= 100', {}, 'accept'],
    ['>', 'port > 99', {}, 'accept'],
    ['>=', 'port >= 101', {}, 'drop'],
    [':', 'port 90:100', {}, 'accept'],
    ['><', 'port 90 >< 100', {}, 'drop'],
    ['<>', 'port 90 <> 100', {}, 'drop'],
    ['a list', 'port { 1, 2 3, 100 }', {}, 'accept'],
    ['an unknown name', 'port nosuchservice', {}, 'unknown'],
  ])('compares ports with %s', (_, port, ask, expected) => {
    expect(fate(parse(pf, `block in\npass in proto tcp to any ${port}`), 100, ask)).toBe(expected);
  });

  it.each<readonly [string, string, string]>([
    ['urpf-failed', 'block in from urpf-failed to any', 'unknown'],
    ['os', 'block in proto tcp from any os "Windows 95"', 'unknown'],
    ['probability', 'block in probability 50%', 'unknown'],
    ['a group', 'block in on egress', 'unknown'],
    ['an address of a device', 'block in to (em0)', 'unknown'],
    ['tagged', 'block in tagged BAD', 'unknown'],
    ['an option nobody knows yet', 'block in frobnicate 3', 'unknown'],
    ['antispoof', 'antispoof quick for em0', 'unknown'],
    ['an anchor that was not given', 'anchor "ftp-proxy/*"', 'unknown'],
    ['one behind a rule that blocks', 'block all\nanchor "relayd/*"', 'unknown'],
    ['one before a rule that blocks', 'anchor "relayd/*"\nblock quick all', 'unknown'],
    ['one behind a quick rule', 'block quick all\nanchor "relayd/*"', 'drop'],
    ['one for another protocol', 'block all\nanchor "relayd/*" proto udp', 'drop'],
    ['a file that was not given', 'block all\ninclude "/etc/pf.more"', 'unknown'],
    ['a match rule', 'match in all scrub (no-df random-id)', 'accept'],
    ['another direction', 'block out all', 'accept'],
    [
      'anchors of macOS',
      'scrub-anchor "com.apple/*"\ndummynet-anchor "com.apple/*"\npass all',
      'accept',
    ],
    [
      'where packets are sent',
      'pass in route-to (em0 10.0.0.1) inet keep state\nblock in reply-to 10.0.0.1@em0 proto tcp',
      'drop',
    ],
    [
      'what is set',
      'block in set prio (5, 6) set tos 4\npass in queue (a, b) set queue c',
      'accept',
    ],
  ])('takes %s', (_, text, expected) => {
    expect(fate(parse(pf, text), 22)).toBe(expected);
  });

  it.each([
    ['empty', ''],
    ['a comment alone', '# nothing\n'],
    ['another language', 'table inet filter {\n}'],
    ['a rule without its end', 'pass in proto tcp from any to any port'],
    ['a list without its end', 'pass in from { 10.0.0.1, '],
    ['a quotation without its end', 'pass in label "x'],
    ['an anchor without its end', 'anchor "x" {\npass in'],
    ['a macro that is not defined', 'pass in on $ext_if'],
    ['a line that goes on', 'pass in \\'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(pf, text)).toThrow(/this is no pf text/);
  });

  it('refuses macros that double without end', () => {
    const lines = Array.from({ length: 40 }, (_, at) => `m${at + 1} = "$m${at} $m${at}"`);
    expect(() => parse(pf, `m0 = "x"\n${lines.join('\n')}\npass in on $m40`)).toThrow(/more than/);
  });
});

describe('translation', () => {
  it('redirects before the filter, as FreeBSD does', () => {
    const layer = readFixture(pf, ['redirect-freebsd.conf']);
    const passed = answer(layer, 80);
    expect(passed.fate).toBe('accept');
    expect(passed.translated?.port).toEqual([8080, 8081]);
    expect(fate(layer, 443)).toBe('accept');
    expect(fate(layer, 443, { source: '10.0.0.1' })).toBe('drop');
    expect(fate(layer, 80, { device: 'em1' })).toBe('drop');
  });

  it('redirects by the rule that decides, as OpenBSD does', () => {
    const layer = readFixture(pf, ['redirect-openbsd.conf']);
    expect(answer(layer, 80)).toMatchObject({
      fate: 'accept',
      translated: { port: [8080, 8081] },
    });
    const direct = answer(layer, 80, { source: '10.0.0.1' });
    expect(direct.fate).toBe('accept');
    expect(direct.translated).toBeUndefined();
    expect(fate(layer, 81)).toBe('drop');
  });
});

describe('anchors', () => {
  const layer = readFixture(pf, ['anchors.conf']);

  it.each<readonly [string, number, Ask, string]>([
    ['the last rule in it', 22, { source: '10.1.1.1' }, 'accept'],
    ['a quick one', 22, { source: '192.0.2.200' }, 'drop'],
    ['an earlier one', 22, { source: '192.0.2.1' }, 'accept'],
    ['its own conditions', 22, { source: '10.1.1.1', device: 'em1' }, 'drop'],
    ['no rule in it', 22, {}, 'drop'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(layer, port, ask)).toBe(expected);
  });
});

describe('pfctl -s rules', () => {
  const rules = readFixture(pf, ['pfctl-sr.txt']);

  it.each<readonly [string, number, Ask, string]>([
    ['block return', 80, {}, 'reject'],
    ['a named port', 22, { source: '192.0.2.1' }, 'accept'],
    ['a range', 8010, {}, 'accept'],
    ['more than', 60_001, {}, 'accept'],
    ['another device', 80, { device: 'em1' }, 'accept'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(rules, port, ask)).toBe(expected);
  });

  it('believes that there are no rules only of a pf that tells its status', () => {
    const info = (status: string) => ({
      origin: 'pfctl -s info',
      text: `Status: ${status} for 0 days`,
    });
    const none = { origin: 'pfctl -s rules', text: '' };
    expect(fate(pf.read([none, info('Enabled')], 'live'), 22)).toBe('accept');
    expect(() => pf.read([none], 'live')).toThrow(/it holds no statement/);
    const block = { origin: 'pfctl -s rules', text: 'block drop all' };
    expect(fate(pf.read([block, info('Enabled')], 'live'), 22)).toBe('drop');
    expect(fate(pf.read([block, info('Disabled')], 'live'), 22)).toBe('accept');
  });
});

describe('in front of a host', () => {
  it('knows nothing of its devices, unless the question names them', () => {
    const text =
      'set skip on lo0\nblock all\npass out\npass in on igb0 proto tcp to any port 443\npass in proto tcp to any port 80';
    const layer = parse(pf, text, 'central');
    expect(fate(layer, 80)).toBe('accept');
    expect(fate(layer, 443)).toBe('unknown');
    expect(fate(layer, 443, { device: 'igb0' })).toBe('accept');
    expect(fate(layer, 22)).toBe('drop');
  });

  it('asks the rules for what goes out, too', () => {
    const layer = parse(pf, 'block out proto tcp to any port 443', 'central');
    expect(fate(layer, 443)).toBe('unknown');
    expect(fate(layer, 80)).toBe('accept');
  });

  it('does not know whether a file is the own one of the host', () => {
    const host =
      'block all\npass in on egress proto tcp to (egress) port 22\npass in proto tcp to self port 80\npass in proto tcp to any port 443\npass out proto udp to any port 53';
    const layer = parse(pf, host, 'central');
    expect([22, 80, 443, 25].map((port) => fate(layer, port))).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'drop',
    ]);
  });

  it.each([
    ['rdr pass on em0 proto tcp to 203.0.113.1 port 8080 -> 10.0.0.2 port 80\nblock in all'],
    ['block in all\npass in on em0 proto tcp to (em0) port 80 rdr-to 10.0.0.2'],
    ['block in all\npass in on em0 proto tcp to (em0) port 8080 rdr-to 10.0.0.2 port 80'],
  ])('does not call closed what is reached by a redirect: %s', (text) => {
    const layer = parse(pf, `${text}\npass out`, 'central');
    expect(fate(layer, 80, { destination: '10.0.0.2' })).toBe('unknown');
    expect(fate(layer, 81, { destination: '10.0.0.2' })).toBe('drop');
  });

  it('names the rule by which it came in, not the one by which it goes out', () => {
    for (const redirect of ['', 'pass in on em7 proto tcp to port 7 rdr-to 10.0.0.2\n']) {
      const web = 'pass in proto tcp from any to any port 443';
      const layer = parse(pf, `block all\n${redirect}${web}\npass out all`, 'central');
      expect(answer(layer, 443).decisions.map(({ rule }) => rule?.text)).toEqual([web]);
    }
  });

  it('does not know by which device packets go on to the host', () => {
    const rules = 'block all\npass in proto tcp to any port 443\npass out on em1';
    expect(fate(parse(pf, rules, 'central'), 443)).toBe('unknown');
    expect(fate(parse(pf, 'block out on em1', 'central'), 443)).toBe('unknown');
  });
});

describe('onMachine', () => {
  const machine: Machine = {
    hostname: 'host',
    system: 'other',
    devices: [
      {
        name: 'em0',
        addresses: [{ address: '192.0.2.10', prefix: 24 }],
        loopback: false,
        up: true,
      },
      { name: 'em1', addresses: [{ address: '10.0.0.1', prefix: 8 }], loopback: false, up: true },
    ],
    routes: [{ to: '0.0.0.0/0', device: 'em0' }],
  };

  it.each<readonly [string, string, Ask, string]>([
    ['an address of a device', 'pass in to (em0)', {}, 'accept'],
    ['an address of another', 'pass in to em1', {}, 'drop'],
    ['all but its address', 'pass in to ! em0', {}, 'drop'],
    ['a network of a device', 'pass in from em0:network', { source: '192.0.2.7' }, 'accept'],
    ['outside of it', 'pass in from em0:network', {}, 'drop'],
    ['the default route', 'pass in on egress', {}, 'accept'],
    ['another device', 'pass in on egress', { device: 'em1' }, 'drop'],
    ['a group of which nothing is known', 'pass in on wifi', {}, 'unknown'],
    ['antispoof', 'pass in\nantispoof for em1', { source: '10.1.1.1' }, 'drop'],
    [
      'antispoof on its own device',
      'pass in\nantispoof for em1',
      { source: '10.1.1.1', device: 'em1' },
      'accept',
    ],
    ['antispoof for others', 'pass in\nantispoof for em1', {}, 'accept'],
    ['antispoof for a group', 'pass in\nantispoof for egress', { source: '192.0.2.7' }, 'accept'],
  ])('knows %s', (_, rule, ask, expected) => {
    expect(fate(onMachine(parse(pf, `block in\n${rule}`), machine), 22, ask)).toBe(expected);
  });
});

describe('recognizes', () => {
  it('knows its own texts', () => {
    for (const name of ['host.conf', 'redirect-freebsd.conf', 'anchors.conf', 'pfctl-sr.txt'])
      expect(pf.recognizes(fixture(pf, name))).toBe(true);
    for (const text of [
      'table inet filter {\n chain input {\n}}',
      '*filter\n:INPUT ACCEPT',
      '{}',
      'hello',
    ])
      expect(pf.recognizes({ origin: 'text', text })).toBe(false);
  });
});

describe('change', () => {
  it('lets in whom it was asked to, and leaves all else', () => {
    const changes = fc.record({
      port: fc.constantFrom(22, 80, 443, 8000),
      only: fc.option(fc.constantFrom(['10.0.0.0/8'], ['192.0.2.128/25', '2001:db8:1::/48']), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(
        intents(),
        changes,
        fc.array(packets, { minLength: 20, maxLength: 20 }),
        (intent, { port, only }, some) => {
          const change: Change = {
            transport: 'tcp',
            port,
            families: [4, 6],
            reason: 'test',
            ...(only === undefined ? {} : { only }),
          };
          const { apply } = pf.change(change, []);
          const text = `anchor "postern/x" {\n${apply[0]?.stdin}}\n${pf.write(intent)[0]?.text}`;
          const layer = parse(pf, text);
          const allowed = {
            allow:
              only === undefined
                ? []
                : [
                    {
                      transport: 'tcp' as const,
                      ports: [port, port] as const,
                      from: only,
                      families: [4, 6] as const,
                    },
                  ],
          };
          for (const packet of some) {
            const asked = packet.port === port && packet.transport === 'tcp';
            const still = !asked || intended(allowed, packet) === 'accept';
            expect(fateOf(layer, packet)).toBe(still ? intended(intent, packet) : 'closed');
          }
        },
      ),
    );
  });

  it('keeps a port open on one device', () => {
    const { apply } = pf.change(
      { transport: 'tcp', port: 22, families: [4, 6], device: 'em1', reason: '' },
      [],
    );
    const layer = parse(pf, `pass all\n${apply[0]?.stdin}`);
    expect(fate(layer, 22, { device: 'em1' })).toBe('accept');
    expect(fate(layer, 22)).toBe('drop');
  });

  it('says where the line for its anchor is missing', () => {
    const change: Change = { transport: 'tcp', port: 22, families: [4], reason: '' };
    expect(pf.change(change, []).warnings[0]).toMatch(/no effect until/);
    for (const anchor of ['anchor "postern/*"', 'anchor "postern/*" all {\nblock in\n}']) {
      const layer = parse(pf, `${anchor}\npass all`);
      expect(pf.change(change, [layer]).warnings[0]).not.toMatch(/no effect until/);
    }
  });
});
