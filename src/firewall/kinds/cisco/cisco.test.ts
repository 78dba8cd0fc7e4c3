import { describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate.ts';
import { MACHINE, questionOf } from '../../intent.test-helper.ts';
import { type Ask, answer, fate, fixture, parse, readFixture } from '../fixtures.test-helper.ts';
import { cisco } from './cisco.ts';

const OUTSIDE = 'GigabitEthernet0/1';

describe('a configuration of IOS', () => {
  const edge = readFixture(cisco, ['ios.txt']);

  it.each<readonly [string, number, Ask, string]>([
    ['a service group', 443, {}, 'accept'],
    ['a range in it', 8001, {}, 'accept'],
    ['an earlier entry', 8005, {}, 'drop'],
    ['a network group', 22, { source: '192.0.2.1' }, 'accept'],
    ['outside of its netmask', 22, { source: '192.0.2.129' }, 'drop'],
    ['a host in it', 5432, { source: '198.51.100.7' }, 'accept'],
    ['a range in it', 5432, { source: '203.0.113.6' }, 'accept'],
    ['beside the range', 5432, { source: '203.0.113.8' }, 'drop'],
    ['all ports but one', 5000, { transport: 'udp', source: '10.1.1.1' }, 'accept'],
    ['that one', 53, { transport: 'udp', source: '10.1.1.1' }, 'drop'],
    ['a wildcard with holes', 6000, {}, 'unknown'],
    ['source and destination ports', 19, {}, 'accept'],
    ['the end of the list', 4444, {}, 'drop'],
    ['an IPv6 list in the order of its numbers', 22, { source: '2001:db8:1::1' }, 'accept'],
    ['its end', 22, { source: '2001:db8:2::1' }, 'drop'],
    ['an interface without a list', 4444, { device: 'GigabitEthernet0/2' }, 'accept'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(edge, port, { device: OUTSIDE, ...ask })).toBe(expected);
  });

  it('tells answers from new connections by their flags', () => {
    const question = questionOf({
      family: 4,
      transport: 'tcp',
      source: '8.8.8.8',
      port: 4444,
      device: OUTSIDE,
    });
    const of = (tcpFlags: number) =>
      evaluate([edge], { ...question, tcpFlags }, MACHINE).map((part) => part.fate);
    expect(of(2)).toEqual(['drop']);
    expect(of(16)).toEqual(['accept']);
  });

  it('names the list, the entry and its number', () => {
    expect(answer(edge, 443, { device: OUTSIDE }).decisions[0]).toMatchObject({
      chain: 'OUTSIDE-IN',
      rule: { handle: '30', line: 18, text: 'permit object-group WEB any any' },
    });
  });

  it('does not call a host closed that has another address outside', () => {
    const text = `ip nat inside source static tcp 10.0.0.5 443 203.0.113.5 8443 extendable
ip nat inside source static 10.0.0.6 203.0.113.6
ip nat inside source static network 10.0.1.0 203.0.114.0 /24
ip nat inside source list 7 interface GigabitEthernet0/1 overload
interface GigabitEthernet0/1
 ip access-group OUTSIDE in
ip access-list extended OUTSIDE
 permit tcp any host 203.0.113.5 eq 8443
`;
    const layer = parse(cisco, text);
    const to = (destination: string, port: number) =>
      fate(layer, port, { destination, device: OUTSIDE });
    expect([to('10.0.0.5', 443), to('10.0.0.6', 22), to('10.0.1.9', 22)]).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect([to('10.0.0.5', 80), to('10.0.0.7', 443)]).toEqual(['drop', 'drop']);
    expect(to('203.0.113.5', 8443)).toBe('accept');
  });

  it('knows no devices of the host behind it', () => {
    const central = readFixture(cisco, ['ios.txt'], 'central');
    expect(fate(central, 4444)).toBe('unknown');
    expect(fate(central, 4444, { device: OUTSIDE })).toBe('drop');
  });

  it('does not know whether a router hands IPv6 on that says nothing of it', () => {
    const four = 'interface e0\n ip access-group 101 in\n!\naccess-list 101 permit ip any any\n';
    const ask = { device: 'e0', source: '2a00::1' };
    expect(fate(parse(cisco, four), 22, ask)).toBe('unknown');
    expect(fate(parse(cisco, `ipv6 unicast-routing\n${four}`), 22, ask)).toBe('accept');
  });

  it('does not know by which interface packets go on to the host', () => {
    const text =
      'interface Vlan10\n ip access-group INSIDE out\nip access-list extended INSIDE\n deny tcp any any';
    expect(fate(parse(cisco, text, 'central'), 22)).toBe('unknown');
    expect(fate(parse(cisco, text, 'central'), 22, { device: 'Vlan10' })).toBe('accept');
  });
});

describe('lists alone', () => {
  it('takes the one list to be in charge', () => {
    const layer = readFixture(cisco, ['numbered.txt']);
    expect(fate(layer, 443)).toBe('accept');
    expect(fate(layer, 443, { destination: '192.0.2.11' })).toBe('drop');
    expect(fate(layer, 8000)).toBe('drop');
    expect(fate(layer, 8000, { source: '10.0.0.1' })).toBe('accept');
    expect(fate(layer, 443, { source: '2a00::1' })).toBe('unknown');
  });

  it('does not choose between two', () => {
    const layer = parse(
      cisco,
      'access-list 101 permit ip any any\naccess-list 102 deny ip any any',
    );
    expect(fate(layer, 22)).toBe('unknown');
  });

  it('reads standard lists, and what is shown', () => {
    const standard = parse(
      cisco,
      'access-list 10 deny host 8.8.8.8\naccess-list 10 permit 8.8.0.0 0.0.255.255\naccess-list 10 permit 10.0.0.1',
    );
    expect(fate(standard, 22)).toBe('drop');
    expect(fate(standard, 22, { source: '8.8.4.4' })).toBe('accept');
    expect(fate(standard, 22, { source: '10.0.0.1' })).toBe('accept');
    const shown = readFixture(cisco, ['show-access-lists.txt']);
    expect(fate(shown, 80)).toBe('accept');
    expect(fate(shown, 22, { source: '192.0.2.9' })).toBe('accept');
    expect(fate(shown, 22)).toBe('drop');
  });

  it('reads a standard list as it is shown', () => {
    const layer = parse(
      cisco,
      'Standard IP access list 10\n    10 permit 10.0.0.0, wildcard bits 0.255.255.255 (3 matches)\n    20 permit 192.0.2.1\n    30 deny   any\n',
    );
    expect(fate(layer, 22, { source: '10.1.1.1' })).toBe('accept');
    expect(fate(layer, 22, { source: '192.0.2.1' })).toBe('accept');
    expect(fate(layer, 22)).toBe('drop');
  });

  it.each(['ip access-list extended X', 'ip access-list extended X\n remark later'])(
    'does not call a list without entries closed: %s',
    (list) => {
      const layer = parse(cisco, `${list}\ninterface e0\n ip access-group X in`);
      expect(fate(layer, 22, { device: 'e0' })).toBe('unknown');
    },
  );

  it.each([
    ['evaluate', 'evaluate SESSIONS', 'unknown'],
    ['a time range', 'permit tcp any any eq 22 time-range WORK', 'unknown'],
    ['an option nobody knows', 'permit tcp any any eq 22 frobnicate', 'unknown'],
    ['a port name nobody knows', 'permit tcp any any eq frobnicate', 'unknown'],
    ['fragments', 'permit tcp any any fragments', 'drop'],
    ['a group that was not given', 'permit tcp object-group NONE any', 'unknown'],
  ])('takes %s', (_, entry, expected) => {
    expect(fate(parse(cisco, `ip access-list extended X\n ${entry}`), 22)).toBe(expected);
  });

  it.each([
    ['an entry without its end', 'access-list 101 permit tcp any'],
    ['an entry without a port', 'access-list 101 permit tcp any any eq'],
    ['an address without its mask', 'access-list 101 permit tcp 10.0.0.0 any'],
    ['something else in a list', 'ip access-list extended X\n 10 allow tcp any any'],
    ['a binding without direction', 'access-list 10 permit any\ninterface e0\n ip access-group 10'],
    ['no list', 'hostname x\ninterface e0\n'],
  ])('refuses %s', (_, text) => {
    expect(() => parse(cisco, text)).toThrow(/this is no cisco text/);
  });
});

describe('a configuration of an ASA', () => {
  const asa = readFixture(cisco, ['asa.txt']);

  it.each<readonly [string, number, Ask, string]>([
    ['groups and an object', 5432, { source: '10.1.1.1' }, 'accept'],
    ['a range of ports', 1522, { source: '198.51.100.7' }, 'accept'],
    ['another destination', 5432, { source: '10.1.1.1', destination: '192.0.2.11' }, 'drop'],
    ['another source', 5432, {}, 'drop'],
    ['a service group', 443, {}, 'accept'],
    ['its other protocol', 123, { transport: 'udp' }, 'accept'],
    ['a netmask', 8050, { source: '192.0.2.1' }, 'accept'],
    ['an earlier entry', 8080, { source: '192.0.2.1' }, 'drop'],
    ['an inactive entry', 2323, {}, 'drop'],
    ['IPv6 alone', 22, { source: '2a00::1' }, 'accept'],
    ['not IPv4', 22, {}, 'drop'],
    ['any for both families', 443, { source: '2a00::1' }, 'accept'],
    ['an interface by security level', 443, { device: 'inside' }, 'unknown'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(asa, port, { device: 'outside', ...ask })).toBe(expected);
  });
});

describe('lists of an ASA', () => {
  const outside = (text: string, port: number, ask: Ask = {}) =>
    fate(parse(cisco, text), port, { device: 'outside', ...ask });

  it('asks the global list behind that of the interface', () => {
    const text = `access-list one extended deny tcp any any eq 23
access-list one extended permit tcp any any eq 80
access-list all extended permit tcp any any range 22 23
access-group all global
access-group one in interface outside
`;
    expect([80, 22, 23, 443].map((port) => outside(text, port))).toEqual([
      'accept',
      'accept',
      'drop',
      'drop',
    ]);
    expect(outside(text, 22, { device: 'dmz' })).toBe('accept');
    expect(outside(text, 80, { device: 'dmz' })).toBe('drop');
    const both = text.replace('access-group all', 'access-group one');
    expect([80, 22].map((port) => outside(both, port))).toEqual(['accept', 'drop']);
  });

  it('does not take a list for the ASA itself for one of what it hands on', () => {
    const text = `access-list self extended deny ip any any
access-list one extended permit tcp any any eq 22
access-group self in interface outside control-plane
access-group one in interface outside
`;
    expect(outside(text, 22)).toBe('accept');
    const alone = text.replace('access-group one in interface outside\n', '');
    expect(outside(alone, 22)).toBe('unknown');
  });

  it('keeps the address of an object that is shown again with its nat', () => {
    const text = `object network web
 host 192.0.2.10
access-list one extended permit tcp any object web eq 443
access-group one in interface outside
object network web
 nat (inside,outside) static 203.0.113.5
`;
    expect(outside(text, 443, { destination: '192.0.2.10' })).toBe('accept');
    expect(outside(text, 443, { destination: '192.0.2.11' })).toBe('drop');
  });

  it('leaves out lists for frames and for the web portal', () => {
    const text = `access-list frames ethertype permit bpdu
access-list portal webtype permit url any
access-list one extended permit tcp any any eq 443
access-group one in interface outside
`;
    expect(outside(text, 443)).toBe('accept');
    expect(outside(text, 22)).toBe('drop');
  });
});

describe('what an ASA shows', () => {
  it('takes what groups stand for instead of the groups', () => {
    const layer = parse(
      cisco,
      `access-list cached ACL log flows: total 0, denied 0 (deny-flow-max 4096)
access-list out; 3 elements; name hash: 0x1
access-list out line 1 extended permit tcp object-group A any eq https (hitcnt=5) 0x1
  access-list out line 1 extended permit tcp host 8.8.8.8 any eq https (hitcnt=5) 0x2
  access-list out line 1 extended permit tcp 10.0.0.0 255.0.0.0 any eq https (hitcnt=0) 0x3
access-list out line 2 extended deny ip any any (hitcnt=0) 0x4`,
    );
    expect(fate(layer, 443)).toBe('accept');
    expect(fate(layer, 443, { source: '10.1.1.1' })).toBe('accept');
    expect(fate(layer, 443, { source: '192.0.2.1' })).toBe('drop');
  });
});

describe('recognizes', () => {
  it('knows its own texts', () => {
    for (const name of ['ios.txt', 'numbered.txt', 'asa.txt', 'show-access-lists.txt'])
      expect(cisco.recognizes(fixture(cisco, name))).toBe(true);
    for (const text of ['pass in all', '{}', 'hello', '*filter'])
      expect(cisco.recognizes({ origin: 'text', text })).toBe(false);
  });
});

describe('change', () => {
  function after(name: string, only?: readonly string[]) {
    const before = readFixture(cisco, [name]);
    const script = cisco.change(
      {
        transport: 'tcp',
        port: 443,
        families: [4, 6],
        reason: 'test',
        ...(only === undefined ? {} : { only }),
      },
      [before],
    );
    expect(script.apply).toEqual([]);
    return {
      layer: parse(cisco, `${fixture(cisco, name).text}\n${script.text}`),
      text: script.text,
    };
  }

  it('puts entries in front of a list', () => {
    const { layer } = after('ios.txt', ['10.0.0.0/8']);
    expect(fate(layer, 443, { device: OUTSIDE, source: '10.1.1.1' })).toBe('accept');
    expect(fate(layer, 443, { device: OUTSIDE })).toBe('drop');
    expect(fate(layer, 8001, { device: OUTSIDE })).toBe('accept');
  });

  it('makes room where there is none', () => {
    const { text } = after('ios.txt', ['192.0.2.7']);
    expect(text).toContain('ip access-list resequence OUTSIDE-IN 42 10');
    expect(text).toContain('! ip access-list extended OUTSIDE-IN\n!  no 1\n');
  });

  it('writes lines of an ASA', () => {
    const { layer, text } = after('asa.txt');
    expect(text).toContain('access-list outside_in line 1 extended deny tcp any4 any4 eq 443');
    expect(fate(layer, 443, { device: 'outside' })).toBe('drop');
    expect(fate(layer, 443, { device: 'outside', source: '2a00::1' })).toBe('drop');
  });

  it('cannot write a port into a standard list', () => {
    const layer = parse(cisco, 'access-list 10 permit any\ninterface e0\n ip access-group 10 in');
    expect(() =>
      cisco.change({ transport: 'tcp', port: 443, families: [4], reason: '' }, [layer]),
    ).toThrow(/the list "standard 10" knows no ports/);
    const both = parse(
      cisco,
      'access-list 10 permit any\naccess-list 101 permit ip any any\ninterface e0\n ip access-group 10 in\ninterface e1\n ip access-group 101 in',
    );
    const { text, warnings } = cisco.change(
      { transport: 'tcp', port: 443, families: [4], reason: '' },
      [both],
    );
    expect(text).not.toContain('access-list extended 10\n');
    expect(warnings.join()).toContain('the list "standard 10" knows no ports');
  });

  it('has nothing to do where no list was read', () => {
    expect(() =>
      cisco.change({ transport: 'tcp', port: 443, families: [4], reason: '' }, []),
    ).toThrow(/cannot close tcp port 443 in cisco/);
  });
});
