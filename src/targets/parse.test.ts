import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Block } from './address.ts';
import { addressAt, sizeOf } from './address.ts';
import { parseTarget } from './parse.ts';

/** `kind first-last (count of blocks)` or `name NAME` or `refused: reason`. */
function told(text: string): string {
  const target = parseTarget(text);
  if (target.kind === 'refused') return `refused: ${target.reason}`;
  if (target.kind === 'name') return `name ${target.name}`;
  if (target.kind === 'file') return `file ${target.path}`;
  if (target.kind === 'stdin') return 'stdin';
  return `${target.kind} ${target.blocks.map(shownBlock).join(' ')}`;
}

function shownBlock(block: Block): string {
  const size = sizeOf(block);
  const first = addressAt(block, 0);
  return size === 1 ? first : `${first}..${addressAt(block, size - 1)}`;
}

describe('parseTarget', () => {
  test.each([
    ['192.0.2.7', 'address 192.0.2.7'],
    ['2001:DB8::7', 'address 2001:db8::7'],
    ['[::1]', 'address ::1'],
    ['[::1]:8443', 'address ::1'],
    ['fe80::1%eth0', 'address fe80::1%eth0'],
    ['192.0.2.77/24', 'cidr 192.0.2.0..192.0.2.255'],
    ['10.1.2.3/8', 'cidr 10.0.0.0..10.255.255.255'],
    ['0.0.0.0/0', 'cidr 0.0.0.0..255.255.255.255'],
    ['192.0.2.7/32', 'cidr 192.0.2.7'],
    ['2001:db8::7/126', 'cidr 2001:db8::4..2001:db8::7'],
    ['fe80::%eth0/126', 'cidr fe80::%eth0..fe80::3%eth0'],
    ['::ffff:10.0.0.0/120', 'cidr 10.0.0.0..10.0.0.255'],
    ['10.0.0.1-50', 'range 10.0.0.1..10.0.0.50'],
    ['10.0.0.1-10.0.1.20', 'range 10.0.0.1..10.0.1.20'],
    ['10.0.0-2.1-254', 'range 10.0.0.1..10.0.0.254 10.0.1.1..10.0.1.254 10.0.2.1..10.0.2.254'],
    ['10.0.0.*', 'range 10.0.0.0..10.0.0.255'],
    ['10.1-2.*.*', 'range 10.1.0.0..10.2.255.255'],
    ['*.*.*.*', 'range 0.0.0.0..255.255.255.255'],
    ['2001:db8::1-2001:db8::ff', 'range 2001:db8::1..2001:db8::ff'],
    ['fe80::1%e-0-fe80::5%e-0', 'range fe80::1%e-0..fe80::5%e-0'],
    ['::ffff:10.0.0.1-::ffff:10.0.0.9', 'range 10.0.0.1..10.0.0.9'],
    ['Example.ORG.', 'name example.org'],
    ['münchen.example', 'name xn--mnchen-3ya.example'],
    ['例え.テスト', 'name xn--r8jz45g.xn--zckzah'],
    ['my_host', 'name my_host'],
    ['3com.example', 'name 3com.example'],
    ['https://example.org:8443/x?y#z', 'name example.org'],
    ['https://user:secret@example.org/', 'name example.org'],
    ['http://192.0.2.1:80/', 'address 192.0.2.1'],
    ['http://[fe80::1%25eth0]:80/', 'address fe80::1%eth0'],
    ['example.org:443', 'name example.org'],
    ['192.0.2.1:443', 'address 192.0.2.1'],
    ['@hosts.txt', 'file hosts.txt'],
    ['-', 'stdin'],
  ])('%s is %s', (text, expected) => {
    expect(told(text)).toBe(expected);
  });

  test.each([
    ['010.0.0.1', /leading zero makes "010" octal/],
    ['1', /four parts, this has 1/],
    ['127.1', /four parts, this has 2/],
    ['0x7f.1', /"0x7f" is hexadecimal/],
    ['0x7f000001', /hexadecimal/],
    ['１２７.1', /browsers read it as 127.0.0.1/],
    ['10.0.0.256', /256 is more than 255/],
    ['10.0.0.1/33', /0 to 32/],
    ['10.0.0.1/255.255.255.0', /0 to 32/],
    ['10.0.0/8', /four parts/],
    ['010.0.0.0/8', /leading zero/],
    ['http://010.0.0.1/', /leading zero/],
    ['10.0.0.1-300', /300 is more than 255/],
    ['10.0.0.50-1', /ends before it begins/],
    ['10.0.1.0-10.0.0.0', /ends before it begins/],
    ['10.0.0.1-10.0.0', /four parts, this has 3/],
    ['0-255.0-255.0-255.1', /16777216 separate pieces/],
    ['10.0.0.1-2-3', /a range such as/],
    ['2130706433', /this has 1/],
    ['10.0.0.08-09', /leading zero/],
    ['::1/129', /0 to 128/],
    ['::1%lo', /link-local/],
    ['fe80::1%a_b', /by its number/],
    ['2001:db8::1-ff', /both addresses in full/],
    ['::ffff:10.0.0.1-2001:db8::1', /different families/],
    ['fe80::1%a-fe80::2%b', /different zones/],
    ['1:2:3', /not an IPv6 address/],
    ['example.org/24', /only an address takes a prefix/],
    ['exa mple', /international name|cannot stand/],
    ['a..b', /between two dots/],
    ['-x.example', /begins or ends/],
    [`${'a'.repeat(64)}.example`, /at most 63/],
    [`${'a.'.repeat(127)}example`, /at most 253/],
    ['root@example.org', /"@" cannot stand/],
    ['example.org:http', /no port number/],
    ['://x', /no URL scheme/],
    ['file:///etc/hosts', /no host/],
    ['[::1', /after "\["/],
    ['@', /no file name/],
    ['', /empty/],
    ['x'.repeat(5000), /longer than/],
  ])('%s is refused with its reason', (text, reason) => {
    expect(told(text)).toMatch(reason);
  });

  test('never throws', () => {
    const pieces = fc.constantFrom(
      '10',
      '.',
      '-',
      '*',
      '/',
      ':',
      '::',
      '[',
      ']',
      '%',
      '@',
      '0x',
      'ü',
      'a',
      '://',
      '24',
      ',',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 24 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(told(text)).toMatch(/^(address|cidr|range|name|file|stdin|refused: ).*/s);
      }),
      { numRuns: 5000 },
    );
  });
});
