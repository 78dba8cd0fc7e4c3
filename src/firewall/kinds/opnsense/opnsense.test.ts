import { describe, expect, it } from 'vitest';
import { type Ask, answer, fate, fixture, parse, readFixture } from '../fixtures.test-helper.ts';
import { opnsense } from './opnsense.ts';

describe('an OPNsense configuration', () => {
  const gate = readFixture(opnsense, ['opnsense.xml']);

  it.each<readonly [string, number, Ask, string]>([
    ['a port alias', 80, {}, 'accept'],
    ['a range in it', 8010, {}, 'accept'],
    ['the first of two quick rules', 8005, {}, 'accept'],
    ['another family', 80, { source: '2a00::1' }, 'drop'],
    ['a floating rule comes before', 443, { source: '198.51.100.7' }, 'drop'],
    ['others pass it', 443, { source: '198.51.100.8' }, 'accept'],
    ['an alias of an alias', 5432, { source: '192.0.2.77' }, 'accept'],
    ['what the alias takes out', 5432, { source: '192.0.2.200' }, 'drop'],
    ['a rule with a lower sequence', 5432, { source: '192.0.2.1' }, 'reject'],
    ['IPv6 of the alias', 5432, { source: '2001:db8:1::1' }, 'accept'],
    ['the network of an interface', 9999, { source: '10.1.2.3', device: 'em1' }, 'accept'],
    ['outside of it', 9999, { source: '10.2.2.3', device: 'em1' }, 'drop'],
    ['private networks on the outside', 80, { source: '10.1.2.3' }, 'drop'],
    ['an inverted source', 53, { transport: 'udp' }, 'accept'],
    ['what it leaves out', 53, { transport: 'udp', source: '192.0.2.1' }, 'drop'],
    ['an alias that is filled elsewhere', 22, {}, 'unknown'],
    ['a disabled rule', 23, {}, 'drop'],
    ['the default', 4444, {}, 'drop'],
    ['the anti-lockout rule', 22, { source: '203.0.113.5', device: 'em1' }, 'accept'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(gate, port, ask)).toBe(expected);
  });

  it('names the rule, its line and its description', () => {
    const [decision] = answer(gate, 80).decisions;
    expect(decision?.rule).toMatchObject({
      line: 37,
      text: 'pass in on wan inet tcp from any to any port web',
    });
  });

  it('lets no IPv6 in where it is switched off', () => {
    const text = fixture(opnsense, 'opnsense.xml').text.replace('<ipv6allow>1</ipv6allow>', '');
    expect(fate(parse(opnsense, text), 5432, { source: '2001:db8:1::1' })).toBe('drop');
  });

  it('filters nothing where the filter is switched off', () => {
    const text = fixture(opnsense, 'opnsense.xml').text.replace(
      '<system>',
      '<system><disablefilter>1</disablefilter>',
    );
    expect(fate(parse(opnsense, text), 4444)).toBe('accept');
  });

  it('knows no devices of the host behind it', () => {
    const layer = readFixture(opnsense, ['opnsense.xml'], 'central');
    expect(fate(layer, 443, { device: 'eth0' })).toBe('unknown');
    expect(fate(layer, 443)).toBe('accept');
    expect(fate(layer, 4444)).toBe('drop');
    const [decision] = answer(layer, 443).decisions;
    expect(decision?.rule?.text).toBe('pass in on wan inet tcp from any to any port web');
  });
});

describe('a pfSense configuration', () => {
  const layer = readFixture(opnsense, ['pfsense.xml']);

  it('forwards a port, and filters where it went', () => {
    const forwarded = answer(layer, 80);
    expect(forwarded.fate).toBe('accept');
    expect(forwarded.translated?.port).toEqual([8080, 8081]);
    expect(fate(layer, 80, { destination: '192.0.2.11' })).toBe('drop');
  });

  it('takes aliases between blanks, and the address of an interface', () => {
    expect(fate(layer, 22)).toBe('accept');
    expect(fate(layer, 22, { source: '8.8.4.4' })).toBe('drop');
    expect(fate(layer, 22, { destination: '192.0.2.11' })).toBe('drop');
  });

  it('has no anti-lockout rule where it was taken away', () => {
    expect(fate(layer, 443, { device: 'em1' })).toBe('drop');
  });
});

describe('what is no configuration', () => {
  it.each([
    ['cut short', '<?xml version="1.0"?>\n<opnsense><filter><rule>'],
    ['another root', '<html></html>'],
    ['without rules', '<opnsense><theme>x</theme></opnsense>'],
    [
      'a type nobody knows',
      '<opnsense><filter><rule><type>perhaps</type></rule></filter></opnsense>',
    ],
    ['no XML', 'pass in all'],
    [
      'a name that means something to JavaScript',
      '<opnsense><filter><__proto__>x</__proto__></filter></opnsense>',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => parse(opnsense, text)).toThrow(/this is no opnsense text/);
  });

  it('says unknown of one-to-one NAT', () => {
    const text =
      '<opnsense><nat><onetoone><external>203.0.113.1</external></onetoone></nat><filter><rule><type>pass</type><source><any/></source><destination><any/></destination></rule></filter></opnsense>';
    expect(fate(parse(opnsense, text), 22)).toBe('unknown');
    const modern =
      '<opnsense><OPNsense><Firewall><Filter><onetoone><rule><enabled>1</enabled></rule><rule><enabled>0</enabled></rule></onetoone></Filter></Firewall></OPNsense></opnsense>';
    expect(parse(opnsense, modern).unread).toEqual([
      'text, line 1: one-to-one NAT is not followed',
    ]);
  });
});

describe('a rule', () => {
  const ANY = '<source><any/></source><destination><any/></destination>';
  const PASS = `<rule><type>pass</type><interface>wan</interface><protocol>tcp</protocol>${ANY}</rule>`;
  const wan = (filter: string, more = '') =>
    parse(
      opnsense,
      `<opnsense><interfaces><wan><if>em0</if></wan></interfaces>${more}<filter>${filter}</filter></opnsense>`,
    );

  it.each([
    ['<tcpflags1>fin</tcpflags1><tcpflags2>fin,syn</tcpflags2>', 'accept'],
    ['<tcpflags1>syn</tcpflags1><tcpflags2>syn,ack</tcpflags2>', 'drop'],
    ['<tcpflags_any/><tcpflags1>fin</tcpflags1><tcpflags2>fin</tcpflags2>', 'drop'],
    ['', 'drop'],
  ])('blocks packets with its flags: %s', (flags, expected) => {
    const block = PASS.replace('pass', 'block').replace(ANY, `${flags}${ANY}`);
    expect(fate(wan(`${block}${PASS}`), 22)).toBe(expected);
  });

  it('does not take ports that are fetched for none', () => {
    const alias =
      '<aliases><alias><name>far</name><type>urltable_ports</type><url>https://example.com/</url></alias></aliases>';
    const rule = PASS.replace('<destination><any/>', '<destination><any/><port>far</port>');
    expect(fate(wan(rule, alias), 22)).toBe('unknown');
  });

  it('that a port forward registers may let in', () => {
    const forward = (pass: string) =>
      `<nat><rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination><network>wanip</network><port>8443</port></destination><target>2001:db8::5</target><local-port>443</local-port><pass>${pass}</pass></rule></nat>`;
    const ask = { source: '2a00::1', destination: '2001:db8::5' };
    expect(fate(wan('', forward('rule')), 443, ask)).toBe('unknown');
    expect(fate(wan('', forward('')), 443, ask)).toBe('drop');
  });
});

describe('change', () => {
  it.each<readonly [readonly string[] | undefined, string, string]>([
    [undefined, '10.0.0.1', 'drop'],
    [['10.0.0.0/8'], '10.0.0.1', 'accept'],
    [['10.0.0.0/8'], '8.8.8.8', 'drop'],
  ])('writes a floating rule for %s', (only, source, expected) => {
    const { text, apply } = opnsense.change(
      {
        transport: 'tcp',
        port: 443,
        families: [4, 6],
        reason: 'test',
        ...(only === undefined ? {} : { only }),
      },
      [],
    );
    expect(apply).toEqual([]);
    const alias = /<alias>[\s\S]*<\/alias>/.exec(text)?.[0] ?? '';
    const rule = /<rule>[\s\S]*<\/rule>/.exec(text)?.[0] ?? '';
    const before =
      '<filter><rule><type>pass</type><ipprotocol>inet46</ipprotocol><source><any/></source><destination><any/></destination></rule></filter>';
    const layer = parse(
      opnsense,
      `<opnsense><OPNsense><Firewall><Alias><aliases>${alias}</aliases></Alias><Filter><rules>${rule}</rules></Filter></Firewall></OPNsense>${before}</opnsense>`,
    );
    expect(fate(layer, 443, { source })).toBe(expected);
    expect(fate(layer, 444, { source })).toBe('accept');
  });
});
